import { enlarged } from './columns.ts'

/** List of a row that is not in use. */
const NO_LIST = 0xff
const MAX_LISTS = 0xff

/**
 * When rows expire. Timeouts are few constants (a dozen for all states of TCP), so rows of one
 * timeout stand in one list, in order of expiry: the row touched last goes to the end. Touching,
 * ending and sweeping cost the same at any number of rows. 17 octets a row.
 */
export class Expiry {
  private expiresNs: Float64Array
  private list: Uint8Array
  private previous: Int32Array
  private next: Int32Array
  private readonly timeoutsNs: number[] = []
  private readonly heads: number[] = []
  private readonly tails: number[] = []

  constructor(capacity: number) {
    this.expiresNs = new Float64Array(capacity)
    this.list = new Uint8Array(capacity).fill(NO_LIST)
    this.previous = new Int32Array(capacity)
    this.next = new Int32Array(capacity)
  }

  /** Number of the list of a timeout; the same timeout always has the same list. */
  listOf(timeoutNs: number): number {
    const known = this.timeoutsNs.indexOf(timeoutNs)
    if (known >= 0) return known
    if (this.timeoutsNs.length === MAX_LISTS) throw new RangeError('too many different timeouts')
    this.timeoutsNs.push(timeoutNs)
    this.heads.push(-1)
    this.tails.push(-1)
    return this.timeoutsNs.length - 1
  }

  /** Lets a row, known or new, live from now on as long as its list says. */
  touch(row: number, list: number, nowNs: number): void {
    this.expiresNs[row] = nowNs + this.timeoutsNs[list]!
    const tail = this.tails[list]!
    if (tail === row) return
    this.end(row)
    this.list[row] = list
    this.previous[row] = tail
    this.next[row] = -1
    if (tail >= 0) this.next[tail] = row
    else this.heads[list] = row
    this.tails[list] = row
  }

  /** Takes a row off its list, if it stands on one. */
  end(row: number): void {
    const list = this.list[row]!
    if (list === NO_LIST) return
    const before = this.previous[row]!
    const after = this.next[row]!
    if (before >= 0) this.next[before] = after
    else this.heads[list] = after
    if (after >= 0) this.previous[after] = before
    else this.tails[list] = before
    this.list[row] = NO_LIST
  }

  /** A row whose time is over, or -1: the one of the lowest list first. */
  over(nowNs: number): number {
    for (let list = 0; list < this.heads.length; list++) {
      const row = this.heads[list]!
      if (row >= 0 && this.expiresNs[row]! <= nowNs) return row
    }
    return -1
  }

  /** When a row in use was touched last. */
  touchedAt(row: number): number {
    return this.expiresNs[row]! - this.timeoutsNs[this.list[row]!]!
  }

  /** When the first row expires, Infinity without one. */
  first(): number {
    let first = Number.POSITIVE_INFINITY
    for (let list = 0; list < this.heads.length; list++) {
      const row = this.heads[list]!
      if (row >= 0 && this.expiresNs[row]! < first) first = this.expiresNs[row]!
    }
    return first
  }

  at(row: number): number {
    return this.expiresNs[row]!
  }

  /** Whether the row is in use. */
  has(row: number): boolean {
    return this.list[row] !== NO_LIST
  }

  grow(capacity: number): void {
    const old = this.list.length
    this.expiresNs = enlarged(this.expiresNs, new Float64Array(capacity))
    this.list = enlarged(this.list, new Uint8Array(capacity))
    this.list.fill(NO_LIST, old)
    this.previous = enlarged(this.previous, new Int32Array(capacity))
    this.next = enlarged(this.next, new Int32Array(capacity))
  }

  /** Octets of all columns. */
  get octets(): number {
    const { expiresNs, list, previous, next } = this
    return expiresNs.byteLength + list.byteLength + previous.byteLength + next.byteLength
  }
}
