import { enlarged } from './columns.ts'
import { Expiry } from './expiry.ts'
import { TupleIndex } from './tuple-index.ts'
import { hash, turned } from './tuple.ts'

/**
 * Flows of both families: each row holds two tuples, the packet as it came (original) and as it
 * left (translated), with addresses as numbers of the address book. Replies carry the translated
 * tuple turned round; nothing is stored twice for that.
 *
 * Columns are typed arrays, and one open-addressing index finds a row by either tuple, so lookups,
 * additions and removals cost the same at any size. A row is 56 octets of columns, which grow by a
 * quarter, and 16 to 48 of index, which moves bit by bit into one of twice the size: a connection
 * costs at most 120 octets even just after growing.
 * A flow may be drafted first: it has a row and a number, and nobody finds it until it is settled.
 */

/** Names no row. */
export const NO_FLOW = -1

const FIRST_ROWS = 64
export class FlowTable {
  /** Rows in use. */
  size = 0
  /** Rows there is room for. */
  capacity: number = FIRST_ROWS
  private src: Uint32Array = new Uint32Array(FIRST_ROWS)
  private dst: Uint32Array = new Uint32Array(FIRST_ROWS)
  private ports: Uint32Array = new Uint32Array(FIRST_ROWS)
  private outSrc: Uint32Array = new Uint32Array(FIRST_ROWS)
  private outDst: Uint32Array = new Uint32Array(FIRST_ROWS)
  private outPorts: Uint32Array = new Uint32Array(FIRST_ROWS)
  private protocols: Uint8Array = new Uint8Array(FIRST_ROWS)
  /** Number of the flow, new for each; the next free row while the row is free. */
  private serials: Uint32Array = new Uint32Array(FIRST_ROWS)
  /** State, and three columns more, in the words of whoever owns the table. */
  state: Uint8Array = new Uint8Array(FIRST_ROWS)
  flags: Uint8Array = new Uint8Array(FIRST_ROWS)
  service: Int32Array = new Int32Array(FIRST_ROWS)
  server: Int32Array = new Int32Array(FIRST_ROWS)
  private readonly expiry = new Expiry(FIRST_ROWS)
  private free = 0
  private births = 0
  /** Entries: row x 2 + direction. */
  private readonly index = new TupleIndex(FIRST_ROWS * 4, (entry) => this.hashOf(entry))
  /** Called before a row that has expired is given back. */
  private readonly onExpire: (row: number) => void

  constructor(onExpire: (row: number) => void) {
    this.onExpire = onExpire
    this.chainFree(0)
  }

  /** Number of a timeout, to be given to `add` and `touch`. */
  timeout(timeoutNs: number): number {
    return this.expiry.listOf(timeoutNs)
  }

  /**
   * Row x 2 + direction (0 original, 1 reply) of the packet with these addresses and ports
   * (source port x 65536 + destination port), or `NO_FLOW`. A row that has expired is not found.
   */
  find(src: number, dst: number, ports: number, protocol: number, nowNs: number): number {
    const { index } = this
    const code = hash(src, dst, ports, protocol)
    let entry = this.probe(index.slots, index.mask, code, src, dst, ports, protocol)
    if (entry < 0) entry = this.probe(index.older, index.olderMask, code, src, dst, ports, protocol)
    if (entry < 0) return NO_FLOW
    const row = entry >> 1
    if (this.expiry.at(row) > nowNs) return entry
    this.expire(row)
    return NO_FLOW
  }

  /**
   * Adds a flow; the caller has seen that neither tuple is in use. Returns the row. It lives as
   * long as `timeout` (see `timeout()`) says, until touched again.
   */
  add(
    src: number,
    dst: number,
    ports: number,
    protocol: number,
    outSrc: number,
    outDst: number,
    outPorts: number,
    timeout: number,
    nowNs: number,
  ): number {
    const row = this.draft(src, dst, ports, protocol)
    this.redirect(row, outSrc, outDst, outPorts)
    this.settle(row, timeout, nowNs)
    return row
  }

  /** A row for a flow that is not found yet; it leaves as it came, until `redirect`. */
  draft(src: number, dst: number, ports: number, protocol: number): number {
    if (this.size === this.capacity) this.grow()
    if ((this.size + 1) * 4 > this.index.slots.length) this.index.grow()
    const row = this.free
    this.free = this.serials[row]!
    this.serials[row] = ++this.births
    this.size++
    this.src[row] = src
    this.dst[row] = dst
    this.ports[row] = ports
    this.protocols[row] = protocol
    this.redirect(row, src, dst, ports)
    this.state[row] = 0
    this.flags[row] = 0
    return row
  }

  /** Says how packets of a drafted flow leave. */
  redirect(row: number, outSrc: number, outDst: number, outPorts: number): void {
    this.outSrc[row] = outSrc
    this.outDst[row] = outDst
    this.outPorts[row] = outPorts
  }

  /** A drafted flow is found from now on; the caller has seen that neither tuple is in use. */
  settle(row: number, timeout: number, nowNs: number): void {
    this.index.insert(row * 2)
    this.index.insert(row * 2 + 1)
    this.expiry.touch(row, timeout, nowNs)
  }

  /** Lets a row live as long as `timeout` says, from now on. */
  touch(row: number, timeout: number, nowNs: number): void {
    this.expiry.touch(row, timeout, nowNs)
  }

  /** Takes a row out and frees it. */
  remove(row: number): void {
    this.index.erase(row * 2)
    this.index.erase(row * 2 + 1)
    this.expiry.end(row)
    this.discard(row)
  }

  /** Ends the rows that have expired, at most `most` of them. */
  sweep(nowNs: number, most: number = Number.POSITIVE_INFINITY): void {
    for (let left = most; left > 0; left--) {
      const row = this.expiry.over(nowNs)
      if (row < 0) return
      this.expire(row)
    }
  }

  /** When the next row expires, Infinity when none will. */
  get nextExpiryNs(): number {
    return this.expiry.first()
  }

  /** Number of the flow in this row: no other flow of the table has it. */
  serial(row: number): number {
    return this.serials[row]!
  }

  protocol(row: number): number {
    return this.protocols[row]!
  }

  expiresNs = (row: number): number => this.expiry.at(row)

  /** When a row was touched last. */
  touchedNs = (row: number): number => this.expiry.touchedAt(row)

  /** Source of the packet as it came: the client. */
  clientAddress(row: number): number {
    return this.src[row]!
  }

  clientPort(row: number): number {
    return this.ports[row]! >>> 16
  }

  /** Destination of the packet as it came. */
  virtualAddress(row: number): number {
    return this.dst[row]!
  }

  virtualPort(row: number): number {
    return this.ports[row]! & 0xffff
  }

  /** Source of the packet as it left. */
  outsideAddress(row: number): number {
    return this.outSrc[row]!
  }

  outsidePort(row: number): number {
    return this.outPorts[row]! >>> 16
  }

  /** Destination of the packet as it left: the server. */
  serverAddress(row: number): number {
    return this.outDst[row]!
  }

  serverPort(row: number): number {
    return this.outPorts[row]! & 0xffff
  }

  /** Whether a flow that can be found has the row. */
  isUsed = (row: number): boolean => this.expiry.has(row)

  /** Rows in use, oldest flow first; for those who look. */
  rows(): number[] {
    const rows: number[] = []
    for (let row = 0; row < this.capacity; row++) if (this.expiry.has(row)) rows.push(row)
    return rows.sort((a, b) => this.serials[a]! - this.serials[b]!)
  }

  /** Octets of all columns and of the index. */
  get octets(): number {
    const { src, dst, ports, outSrc, outDst, outPorts, protocols, serials } = this
    const { state, flags, service, server } = this
    const tuples = [src, dst, ports, outSrc, outDst, outPorts, protocols, serials]
    const columns = [...tuples, state, flags, service, server]
    const sum = columns.reduce((octets, column) => octets + column.byteLength, 0)
    return sum + this.expiry.octets + this.index.octets
  }

  /** Frees the row of a drafted flow that came to nothing. */
  discard(row: number): void {
    this.serials[row] = this.free
    this.free = row
    this.size--
  }

  private expire(row: number): void {
    this.onExpire(row)
    this.remove(row)
  }

  private probe(
    slots: Int32Array,
    mask: number,
    code: number,
    src: number,
    dst: number,
    ports: number,
    protocol: number,
  ): number {
    for (let slot = code & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]! - 1
      if (entry < 0 || this.matches(entry, src, dst, ports, protocol)) return entry
    }
  }

  private matches(
    entry: number,
    src: number,
    dst: number,
    ports: number,
    protocol: number,
  ): boolean {
    const row = entry >> 1
    if (this.protocols[row] !== protocol) return false
    if ((entry & 1) === 0) {
      return this.src[row] === src && this.dst[row] === dst && this.ports[row] === ports
    }
    return (
      this.outDst[row] === src && this.outSrc[row] === dst && turned(this.outPorts[row]!) === ports
    )
  }

  private hashOf(entry: number): number {
    const row = entry >> 1
    const protocol = this.protocols[row]!
    if ((entry & 1) === 0) return hash(this.src[row]!, this.dst[row]!, this.ports[row]!, protocol)
    return hash(this.outDst[row]!, this.outSrc[row]!, turned(this.outPorts[row]!), protocol)
  }

  private chainFree(from: number): void {
    for (let row = from; row < this.capacity; row++) this.serials[row] = row + 1
    this.free = from
  }

  private grow(): void {
    const old = this.capacity
    const capacity = old + (old >> 2)
    this.src = enlarged(this.src, new Uint32Array(capacity))
    this.dst = enlarged(this.dst, new Uint32Array(capacity))
    this.ports = enlarged(this.ports, new Uint32Array(capacity))
    this.outSrc = enlarged(this.outSrc, new Uint32Array(capacity))
    this.outDst = enlarged(this.outDst, new Uint32Array(capacity))
    this.outPorts = enlarged(this.outPorts, new Uint32Array(capacity))
    this.protocols = enlarged(this.protocols, new Uint8Array(capacity))
    this.serials = enlarged(this.serials, new Uint32Array(capacity))
    this.state = enlarged(this.state, new Uint8Array(capacity))
    this.flags = enlarged(this.flags, new Uint8Array(capacity))
    this.service = enlarged(this.service, new Int32Array(capacity))
    this.server = enlarged(this.server, new Int32Array(capacity))
    this.expiry.grow(capacity)
    this.capacity = capacity
    this.chainFree(old)
  }
}
