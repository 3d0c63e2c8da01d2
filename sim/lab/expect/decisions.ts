/** A balancer's decision in the sheet's numbers. */
export interface Decision {
  /** Index of the service in the sheet. */
  readonly service: number
  /** Index of the machine it chose. */
  readonly node: number
}

/**
 * Turns the numbers of a DECIDED event into the sheet's; undefined for one that is not of a
 * sheet.
 */
export type ReadDecision = (place: number, service: number, server: number) => Decision | undefined
