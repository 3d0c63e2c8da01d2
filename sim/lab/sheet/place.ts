/** Where something stands in the sheet's file; both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}
