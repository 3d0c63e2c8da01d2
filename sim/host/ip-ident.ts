import type { Stream } from '../engine/chance.ts'
import type { Host } from './host.ts'

/** The kernel's clock tick at HZ = 250. */
const TICK_NS = 4_000_000
const COUNTERS = 2048

/**
 * IP ids of packets that belong to no connection: counters shared by hash of addresses and
 * protocol, each raised by one plus a random part that grows with the time since its last use
 * (Linux __ip_select_ident). Counters begin at random.
 */
export class IpIdents {
  private readonly host: Host
  private readonly stream: Stream
  private readonly counters = new Uint16Array(COUNTERS)
  private readonly usedNs = new Float64Array(COUNTERS).fill(-1)

  constructor(host: Host) {
    this.host = host
    this.stream = host.world.chance.stream(`${host.name} ip id`)
  }

  next(src: number, dst: number, protocol: number): number {
    const hash = Math.imul(Math.imul(src, 0x9e3779b1) ^ dst ^ (protocol << 8), 0x85ebca6b)
    const slot = hash >>> 21
    const now = this.host.now
    const used = this.usedNs[slot]!
    this.usedNs[slot] = now
    if (used < 0) this.counters[slot] = this.stream.uint32()
    const ticks = used < 0 ? 0 : Math.floor((now - used) / TICK_NS)
    const id = this.counters[slot]! + (ticks > 0 ? this.stream.below(ticks) : 0) + 1
    this.counters[slot] = id
    return id & 0xffff
  }
}
