/**
 * Flows of IPv4: each row holds two tuples, the packet as it came (original) and as it left
 * (translated). Replies carry the translated tuple turned round; nothing is stored twice for that.
 *
 * Columns are typed arrays and one open-addressing index finds a row by either tuple, so lookups,
 * additions and removals cost the same at any size. Rows live as long as their timeout: rows of one
 * timeout stand in a list in order of expiry, so that sweeping looks only at the heads.
 *
 * A row costs 51 octets of columns and 16 of index (two entries, at most half full); just after
 * growing, when half of the rows are free, twice that.
 */

/** Names no row. */
export const NO_FLOW = -1

const FIRST_ROWS = 64
/** Lists of different timeouts; a state machine has about a dozen. */
const MAX_LISTS = 32

export class FlowTable {
  /** Rows in use. */
  size = 0
  private capacity = FIRST_ROWS
  private src: Uint32Array = new Uint32Array(FIRST_ROWS)
  private dst: Uint32Array = new Uint32Array(FIRST_ROWS)
  private ports: Uint32Array = new Uint32Array(FIRST_ROWS)
  private outSrc: Uint32Array = new Uint32Array(FIRST_ROWS)
  private outDst: Uint32Array = new Uint32Array(FIRST_ROWS)
  private outPorts: Uint32Array = new Uint32Array(FIRST_ROWS)
  private protocols: Uint8Array = new Uint8Array(FIRST_ROWS)
  /** State of the connection, in the words of whoever owns the table. */
  state: Uint8Array = new Uint8Array(FIRST_ROWS)
  /** Two numbers for the owner: service and server. */
  service: Int32Array = new Int32Array(FIRST_ROWS)
  server: Int32Array = new Int32Array(FIRST_ROWS)
  private expiresNs: Float64Array = new Float64Array(FIRST_ROWS)
  private list: Int8Array = new Int8Array(FIRST_ROWS).fill(-1)
  private previous: Int32Array = new Int32Array(FIRST_ROWS)
  /** Next row of the timeout's list, or next free row. */
  private next: Int32Array = new Int32Array(FIRST_ROWS)
  private free = 0
  /** Row x 2 + direction + 1, 0 for an empty slot. */
  private index: Int32Array = new Int32Array(FIRST_ROWS * 4)
  private mask = FIRST_ROWS * 4 - 1
  private readonly timeouts: number[] = []
  private readonly heads: number[] = []
  private readonly tails: number[] = []
  /** Called before a row that has expired is given back. */
  private readonly onExpire: (row: number) => void

  constructor(onExpire: (row: number) => void) {
    this.onExpire = onExpire
    this.chainFree(0, FIRST_ROWS)
  }

  /**
   * Row x 2 + direction (0 original, 1 reply) of the packet with these addresses and ports
   * (source port x 65536 + destination port), or `NO_FLOW`. A row that has expired is not found.
   */
  find(src: number, dst: number, ports: number, protocol: number, nowNs: number): number {
    const { index, mask } = this
    let slot = hash(src, dst, ports, protocol) & mask
    for (;;) {
      const entry = index[slot]!
      if (entry === 0) return NO_FLOW
      if (this.matches(entry - 1, src, dst, ports, protocol)) {
        const row = (entry - 1) >> 1
        if (this.expiresNs[row]! > nowNs) return entry - 1
        this.expire(row)
        return NO_FLOW
      }
      slot = (slot + 1) & mask
    }
  }

  /**
   * Adds a flow; the caller has seen that neither tuple is in use. Returns the row. It lives
   * `timeoutNs` from `nowNs`, until touched again.
   */
  add(
    src: number,
    dst: number,
    ports: number,
    protocol: number,
    outSrc: number,
    outDst: number,
    outPorts: number,
    timeoutNs: number,
    nowNs: number,
  ): number {
    if (this.size === this.capacity) this.grow()
    const row = this.free
    this.free = this.next[row]!
    this.size++
    this.src[row] = src
    this.dst[row] = dst
    this.ports[row] = ports
    this.protocols[row] = protocol
    this.outSrc[row] = outSrc
    this.outDst[row] = outDst
    this.outPorts[row] = outPorts
    this.insert(row * 2)
    this.insert(row * 2 + 1)
    this.list[row] = -1
    this.touch(row, timeoutNs, nowNs)
    return row
  }

  /** Lets a row live `timeoutNs` from now on. */
  touch(row: number, timeoutNs: number, nowNs: number): void {
    const list = this.listOf(timeoutNs)
    this.expiresNs[row] = nowNs + timeoutNs
    if (this.list[row] === list && this.tails[list] === row) return
    this.unlink(row)
    this.link(row, list)
  }

  /** Takes a row out and frees it. */
  remove(row: number): void {
    this.erase(row * 2)
    this.erase(row * 2 + 1)
    this.unlink(row)
    this.next[row] = this.free
    this.free = row
    this.size--
  }

  /** Ends the rows that have expired, at most `most` of them. */
  sweep(nowNs: number, most = Number.POSITIVE_INFINITY): void {
    let left = most
    for (let list = 0; list < this.heads.length; list++) {
      for (let row = this.heads[list]!; row >= 0 && left > 0; row = this.heads[list]!) {
        if (this.expiresNs[row]! > nowNs) break
        this.expire(row)
        left--
      }
    }
  }

  clientAddress = (row: number): number => this.src[row]!
  virtualAddress = (row: number): number => this.dst[row]!
  serverAddress = (row: number): number => this.outDst[row]!
  clientPort = (row: number): number => this.ports[row]! >>> 16
  virtualPort = (row: number): number => this.ports[row]! & 0xffff
  serverPort = (row: number): number => this.outPorts[row]! & 0xffff
  protocol = (row: number): number => this.protocols[row]!
  expiry = (row: number): number => this.expiresNs[row]!

  /** Rows in use, by number; for those who look. */
  rows(): number[] {
    const rows: number[] = []
    for (let row = 0; row < this.capacity; row++) if (this.list[row]! >= 0) rows.push(row)
    return rows
  }

  private expire(row: number): void {
    this.onExpire(row)
    this.remove(row)
  }

  private matches(entry: number, src: number, dst: number, ports: number, protocol: number): boolean {
    const row = entry >> 1
    if (this.protocols[row] !== protocol) return false
    if ((entry & 1) === 0) {
      return this.src[row] === src && this.dst[row] === dst && this.ports[row] === ports
    }
    return (
      this.outDst[row] === src &&
      this.outSrc[row] === dst &&
      turned(this.outPorts[row]!) === ports
    )
  }

  private hashOf(entry: number): number {
    const row = entry >> 1
    const protocol = this.protocols[row]!
    if ((entry & 1) === 0) return hash(this.src[row]!, this.dst[row]!, this.ports[row]!, protocol)
    return hash(this.outDst[row]!, this.outSrc[row]!, turned(this.outPorts[row]!), protocol)
  }

  private insert(entry: number): void {
    let slot = this.hashOf(entry) & this.mask
    while (this.index[slot] !== 0) slot = (slot + 1) & this.mask
    this.index[slot] = entry + 1
  }

  /** Removes an entry and moves those behind it up, so that no gap cuts a probe sequence. */
  private erase(entry: number): void {
    const { index, mask } = this
    let gap = this.hashOf(entry) & mask
    while (index[gap] !== entry + 1) gap = (gap + 1) & mask
    let slot = gap
    for (;;) {
      slot = (slot + 1) & mask
      const other = index[slot]!
      if (other === 0) break
      const home = this.hashOf(other - 1) & mask
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        index[gap] = other
        gap = slot
      }
    }
    index[gap] = 0
  }

  private listOf(timeoutNs: number): number {
    const known = this.timeouts.indexOf(timeoutNs)
    if (known >= 0) return known
    if (this.timeouts.length === MAX_LISTS) throw new RangeError('too many different timeouts')
    this.timeouts.push(timeoutNs)
    this.heads.push(-1)
    this.tails.push(-1)
    return this.timeouts.length - 1
  }

  private link(row: number, list: number): void {
    const tail = this.tails[list]!
    this.list[row] = list
    this.previous[row] = tail
    this.next[row] = -1
    if (tail >= 0) this.next[tail] = row
    else this.heads[list] = row
    this.tails[list] = row
  }

  private unlink(row: number): void {
    const list = this.list[row]!
    if (list < 0) return
    const before = this.previous[row]!
    const after = this.next[row]!
    if (before >= 0) this.next[before] = after
    else this.heads[list] = after
    if (after >= 0) this.previous[after] = before
    else this.tails[list] = before
    this.list[row] = -1
  }

  private chainFree(from: number, to: number): void {
    for (let row = from; row < to; row++) this.next[row] = row + 1
    this.free = from
  }

  private grow(): void {
    const old = this.capacity
    const capacity = old * 2
    this.src = larger(this.src, new Uint32Array(capacity))
    this.dst = larger(this.dst, new Uint32Array(capacity))
    this.ports = larger(this.ports, new Uint32Array(capacity))
    this.outSrc = larger(this.outSrc, new Uint32Array(capacity))
    this.outDst = larger(this.outDst, new Uint32Array(capacity))
    this.outPorts = larger(this.outPorts, new Uint32Array(capacity))
    this.protocols = larger(this.protocols, new Uint8Array(capacity))
    this.state = larger(this.state, new Uint8Array(capacity))
    this.service = larger(this.service, new Int32Array(capacity))
    this.server = larger(this.server, new Int32Array(capacity))
    this.expiresNs = larger(this.expiresNs, new Float64Array(capacity))
    this.list = larger(this.list, new Int8Array(capacity).fill(-1))
    this.previous = larger(this.previous, new Int32Array(capacity))
    this.next = larger(this.next, new Int32Array(capacity))
    this.capacity = capacity
    this.chainFree(old, capacity)
    this.index = new Int32Array(capacity * 4)
    this.mask = capacity * 4 - 1
    for (let row = 0; row < old; row++) {
      this.insert(row * 2)
      this.insert(row * 2 + 1)
    }
  }
}

/** Source and destination port exchanged. */
function turned(ports: number): number {
  return ((ports << 16) | (ports >>> 16)) >>> 0
}

function hash(src: number, dst: number, ports: number, protocol: number): number {
  let x = Math.imul(src, 0x9e3779b1) ^ Math.imul(dst, 0x85ebca6b)
  x ^= Math.imul(ports, 0xc2b2ae35) ^ protocol
  x ^= x >>> 15
  x = Math.imul(x, 0x2c1b3c6d)
  return x ^ (x >>> 13)
}

function larger<A extends Uint32Array | Uint8Array | Int32Array | Float64Array | Int8Array>(
  from: A,
  to: A,
): A {
  to.set(from)
  return to
}
