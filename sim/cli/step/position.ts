import type { Wish } from './keys.ts'

/** Where somebody who goes through a run stands. */
export interface Position {
  /** Frames that are shown, from 0 to `of`. */
  readonly at: number
  readonly of: number
  readonly left: boolean
}

/** The beginning of a run of so many frames. */
export function beginning(of: number): Position {
  return { at: 0, of, left: false }
}

/** Where a wish leads; at an end it leads nowhere. */
export function follow(position: Position, wish: Wish): Position {
  const { at, of } = position
  switch (wish) {
    case 'next':
      return { ...position, at: Math.min(at + 1, of) }
    case 'back':
      return { ...position, at: Math.max(at - 1, 0) }
    case 'first':
      return { ...position, at: Math.min(1, of) }
    case 'last':
      return { ...position, at: of }
    case 'quit':
      return { ...position, left: true }
  }
}
