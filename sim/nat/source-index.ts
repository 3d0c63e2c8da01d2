import { enlarged } from './columns.ts'
import type { FlowTable } from './flow-table.ts'
import { hash } from './tuple.ts'

const NONE = -1
const FIRST_ROWS = 64

/**
 * Flows with a translated source, by the source that they began with: netfilter's table `bysource`
 * (net/netfilter/nf_nat_core.c). The owner of the flow table adds rows once they have their tuples
 * and takes them out before they end.
 */
export class SourceIndex {
  private readonly flows: FlowTable
  private heads: Int32Array = new Int32Array(FIRST_ROWS).fill(NONE)
  private previous: Int32Array = new Int32Array(FIRST_ROWS)
  private following: Int32Array = new Int32Array(FIRST_ROWS)
  private used = 0

  constructor(flows: FlowTable) {
    this.flows = flows
  }

  /** First row of the chain in which flows of this source stand, -1 without one. */
  first(src: number, port: number, protocol: number): number {
    return this.heads[this.bucket(src, port, protocol)]!
  }

  /** The row behind `row` in its chain, -1 at the end. */
  next(row: number): number {
    return this.following[row]!
  }

  add(row: number): void {
    if (row >= this.previous.length) this.growRows(row)
    if (++this.used > this.heads.length) this.growHeads()
    this.link(row)
  }

  remove(row: number): void {
    const before = this.previous[row]!
    const after = this.following[row]!
    if (before >= 0) this.following[before] = after
    else this.heads[this.bucketOf(row)] = after
    if (after >= 0) this.previous[after] = before
    this.used--
  }

  private link(row: number): void {
    const bucket = this.bucketOf(row)
    const head = this.heads[bucket]!
    this.previous[row] = NONE
    this.following[row] = head
    if (head >= 0) this.previous[head] = row
    this.heads[bucket] = row
  }

  private bucketOf(row: number): number {
    const { flows } = this
    return this.bucket(flows.clientAddress(row), flows.clientPort(row), flows.protocol(row))
  }

  private bucket(src: number, port: number, protocol: number): number {
    return hash(src, 0, port, protocol) & (this.heads.length - 1)
  }

  private growRows(row: number): void {
    const capacity = Math.max(row + 1, this.previous.length * 2)
    this.previous = enlarged(this.previous, new Int32Array(capacity))
    this.following = enlarged(this.following, new Int32Array(capacity))
  }

  private growHeads(): void {
    const old = this.heads
    const rows: number[] = []
    for (const head of old)
      for (let row = head; row >= 0; row = this.following[row]!) rows.push(row)
    this.heads = new Int32Array(old.length * 2).fill(NONE)
    // Those found last were added first: linked in that order, chains keep their newest in front.
    for (let i = rows.length - 1; i >= 0; i--) this.link(rows[i]!)
  }
}
