import type { Clock } from '../trace/index.ts'
import { type AddressBook, isIpv6 } from '../wire/address-book.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { type FlowTable, NO_FLOW } from './flow-table.ts'
import { hashFour, scaled, swap } from './jhash.ts'
import { isIcmp } from './messages.ts'
import type { SourceIndex } from './source-index.ts'
import { turned } from './tuple.ts'

/** Ports tried from one random start at most (NF_NAT_MAX_ATTEMPTS). */
const MOST_ATTEMPTS = 128
/** A search of fewer attempts than this is the last: 128, 64, 32, 16 and 8 are made. */
const FEWEST_ATTEMPTS = 16
/** With so few attempts left, ports of flows that are over are taken (NF_NAT_HARDER_THRESH). */
const HARD_ATTEMPTS = 32

/** Where translated sources are taken from. */
export interface SourceRange {
  /** At least one, all of one family, as numbers of the address book. */
  readonly addresses: readonly number[]
  /** Both 0: any port, the flow's own while it is free. */
  readonly firstPort: number
  readonly lastPort: number
}

/**
 * Chooses address and port of a translated source as netfilter does (read get_unique_tuple and
 * nf_nat_l4proto_unique_tuple of net/netfilter/nf_nat_core.c beside it). The answers of two flows
 * must differ in something: a port is free when no flow of the table has the tuple of the answers,
 * so one port serves many destinations at once.
 *
 * 1. What is in the range already stays when it is free. Otherwise a source that is translated to
 *    some port already keeps that port towards the next destination, when it is free there.
 * 2. The address follows from a hash of source and destination.
 * 3. The port stays when it is allowed and free. Otherwise ports from a random start on are tried:
 *    up to 128, then from new starts 64, 32, 16 and 8; a range of at most 128 ports is tried once
 *    and whole. Without a range ports below 512 stay there, those below 1024 become 600 to 1023.
 *
 * It works on any flow table; the result lies in `address` and `port` until the next choice.
 */
export class PortPool {
  /** The chosen source. */
  address = 0
  /** The chosen port; of an echo its identifier; of a protocol without ports what it was. */
  port = 0
  private readonly flows: FlowTable
  private readonly clock: Clock
  private readonly addresses: AddressBook
  private readonly random16: () => number
  private readonly sources: SourceIndex | undefined
  private readonly reclaim: ((flow: number) => boolean) | undefined

  /**
   * `random16`: uniform in 0 .. 65535, a stream of its own. `sources`: translated flows by their
   * source, for step 1; without it every flow is a new one. `reclaim`: gives back the tuple of a
   * flow (row x 2 + direction) that is over, when it can.
   */
  constructor(
    flows: FlowTable,
    clock: Clock,
    addresses: AddressBook,
    random16: () => number,
    sources?: SourceIndex,
    reclaim?: (flow: number) => boolean,
  ) {
    this.flows = flows
    this.clock = clock
    this.addresses = addresses
    this.random16 = random16
    this.sources = sources
    this.reclaim = reclaim
  }

  /**
   * Chooses the source of a flow whose packets leave from `src` to `dst` (the real destination)
   * with `ports` (source x 65536 + destination). False when all that were tried are taken.
   */
  choose(range: SourceRange, src: number, dst: number, ports: number, protocol: number): boolean {
    const port = ports >>> 16
    this.address = src
    this.port = port
    if (holds(range, src, port)) {
      if (this.isFree(dst, ports, protocol)) return true
    } else if (this.asBefore(range, src, dst, ports, protocol)) return true
    this.address = this.addressOf(range, src, dst)
    this.port = port
    // A range of a single port is taken without asking; the answer comes when the flow is added.
    const allowed = range.lastPort === 0 || (port >= range.firstPort && port <= range.lastPort)
    if (allowed && this.isFree(dst, ports, protocol)) return true
    return this.search(range, dst, ports, protocol)
  }

  /** Another port of this source has been chosen for another destination: the same again. */
  private asBefore(
    range: SourceRange,
    src: number,
    dst: number,
    ports: number,
    protocol: number,
  ): boolean {
    if (this.sources === undefined) return false
    const { flows } = this
    const port = ports >>> 16
    for (
      let row = this.sources.first(src, port, protocol);
      row >= 0;
      row = this.sources.next(row)
    ) {
      if (flows.clientAddress(row) !== src || flows.clientPort(row) !== port) continue
      if (flows.protocol(row) !== protocol) continue
      const address = flows.outsideAddress(row)
      const outside = flows.outsidePort(row)
      if (!holds(range, address, outside)) continue
      this.address = address
      this.port = outside
      return this.isFree(dst, ports, protocol)
    }
    return false
  }

  private addressOf({ addresses }: SourceRange, src: number, dst: number): number {
    if (addresses.length === 1) return addresses[0]!
    const book = this.addresses
    const word = (address: number, i: number): number => swap(book.word(address, i))
    const hash = isIpv6(src)
      ? hashFour(word(src, 0), word(src, 1), word(src, 2), word(src, 3), word(dst, 3))
      : hashFour(swap(src), 0, 0, 0, swap(dst))
    return addresses[scaled(hash, addresses.length)]!
  }

  private search(range: SourceRange, dst: number, ports: number, protocol: number): boolean {
    const port = ports >>> 16
    let first = range.firstPort
    let size = range.lastPort - range.firstPort + 1
    if (range.lastPort === 0) {
      if (isIcmp(protocol)) {
        first = 0
        size = 0x1_0000
      } else if (!hasPorts(protocol)) return false
      else if (port >= 1024) {
        first = 1024
        size = 65535 - 1024 + 1
      } else {
        first = port < 512 ? 1 : 600
        size = port < 512 ? 511 : 1023 - 600 + 1
      }
    }
    let attempts = Math.min(size, MOST_ATTEMPTS)
    for (;;) {
      const start = this.random16()
      for (let i = 0; i < attempts; i++) {
        this.port = first + ((start + i) % size)
        if (this.isFree(dst, ports, protocol, attempts - i)) return true
      }
      if (attempts >= size || attempts < FEWEST_ATTEMPTS) return false
      attempts = attempts >>> 1
    }
  }

  /** Whether no flow has the tuple of the answers to `address` and `port`. */
  private isFree(dst: number, ports: number, protocol: number, left = MOST_ATTEMPTS): boolean {
    const leaving = this.port * 0x1_0000 + (ports & 0xffff)
    const { now } = this.clock
    const found = this.flows.find(dst, this.address, turned(leaving), protocol, now)
    if (found === NO_FLOW) return true
    if (left > HARD_ATTEMPTS || this.reclaim === undefined) return false
    return this.reclaim(found)
  }
}

/** Whether a source is in the range as it is. */
function holds(
  { addresses, firstPort, lastPort }: SourceRange,
  src: number,
  port: number,
): boolean {
  if (!addresses.includes(src)) return false
  return lastPort === 0 || (port >= firstPort && port <= lastPort)
}

function hasPorts(protocol: number): boolean {
  return protocol === ipv4.TCP || protocol === ipv4.UDP
}
