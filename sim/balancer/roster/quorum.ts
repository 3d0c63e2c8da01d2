/** How much weight has to be up. */
export interface QuorumSettings {
  readonly weight: number
  /** How far below it the sum may fall, and how far above it has to rise again. */
  readonly hysteresis: number
}

/**
 * Whether the servers that are up are enough (keepalived, keepalived/check/ipwrapper.c,
 * update_quorum_state): lost below `weight - hysteresis` or when nobody is left, gained at `weight
 * + hysteresis`.
 */
export class Quorum {
  readonly settings: QuorumSettings
  held = true

  constructor(settings: QuorumSettings) {
    this.settings = settings
  }

  /** `sum`: weight of the servers that are up. */
  update(sum: number): void {
    const { weight, hysteresis } = this.settings
    this.held = this.held ? sum > 0 && sum >= weight - hysteresis : sum >= weight + hysteresis
  }
}
