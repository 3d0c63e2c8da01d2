import type { Headers } from './http.ts'

/** What was read in the head of a message. */
export interface Head {
  /** Its octets, the empty line at its end included. */
  readonly octets: Uint8Array
  readonly startLine: string
  readonly headers: Headers
  /** How its body is read, unless the request was one without. */
  readonly mode: BodyMode
  readonly left: number
}

/** What a reader expects behind a head (RFC 9112 §6.3). */
export type BodyMode = 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'end'

const ROWS = 16

/**
 * Heads that were read before, so that ten thousand equal requests are parsed once: a head is
 * compared octet by octet (0.1 us) instead of being split into lines (5 us). One for each program;
 * what it says of a head is what reading it anew would say.
 */
export class KnownHeads {
  /** In the order of reading, the oldest replaced when there are many. */
  private readonly rows: Head[] = []
  private oldest = 0

  /** The head that `octets` begin with; undefined when it is not known. */
  find(octets: Uint8Array): Head | undefined {
    for (let i = 0; i < this.rows.length; i++) {
      const head = this.rows[i]!
      if (begins(octets, head.octets)) return head
    }
    return undefined
  }

  add(head: Head): void {
    this.rows[this.oldest] = head
    this.oldest = (this.oldest + 1) % ROWS
  }
}

function begins(octets: Uint8Array, head: Uint8Array): boolean {
  const { length } = head
  if (octets.length < length) return false
  for (let i = 0; i < length; i++) {
    if (octets[i] !== head[i]) return false
  }
  return true
}

/** Offset behind the empty line that ends a head, or -1. */
export function headEnd(octets: Uint8Array): number {
  for (let i = octets.indexOf(10); i >= 0; i = octets.indexOf(10, i + 1)) {
    if (octets[i + 1] === 10) return i + 2
    if (octets[i + 1] === 13 && octets[i + 2] === 10) return i + 3
  }
  return -1
}
