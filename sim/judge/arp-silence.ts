import type { Trace } from '../trace/index.ts'
import { addressText, type JudgedAddress, textAt } from './addresses.ts'
import {
  type Breach,
  type Invariant,
  type InvariantVerdict,
  type Seen,
  standing,
} from './invariant.ts'

const TYPE_ARP = 0x0806
const TYPE_IPV6 = 0x86dd
const ARP_REPLY = 2
const ICMPV6 = 58
const ADVERTISEMENT = 136

/** Who may say where a VIP is. */
export interface VipOwner {
  readonly vip: JudgedAddress
  /** Numbers of the interfaces of its owners (one machine, or the members of a cluster). */
  readonly places: readonly number[]
}

/** ARP for a VIP is answered by its owner only, and so are neighbour solicitations. */
export class ArpSilence implements Invariant {
  readonly name = 'arp-silence'
  private readonly owners: ReadonlyMap<string, ReadonlySet<number>>
  private trace: Trace | undefined
  private broken = 0
  private first: Breach | undefined

  constructor(owners: readonly VipOwner[]) {
    this.owners = new Map(owners.map(({ vip, places }) => [addressText(vip), new Set(places)]))
  }

  listen(trace: Trace): void {
    this.trace = trace
  }

  /** A frame leaves an interface. */
  sent(place: number, frame: Seen): void {
    const { view, start, end } = frame
    if (end - start < 42) return
    const type = view.getUint16(start + 12)
    if (type === TYPE_ARP) {
      if (view.getUint16(start + 20) !== ARP_REPLY) return
      this.judge(place, frame.id, textAt(view, start + 28, 4), 'ARP')
    } else if (type === TYPE_IPV6 && end - start >= 78 && view.getUint8(start + 20) === ICMPV6) {
      if (view.getUint8(start + 54) !== ADVERTISEMENT) return
      this.judge(place, frame.id, textAt(view, start + 62, 6), 'neighbour discovery')
    }
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }

  private judge(place: number, frameId: number, vip: string, by: string): void {
    const owners = this.owners.get(vip)
    if (owners === undefined || owners.has(place)) return
    this.broken++
    const detail = `answers ${by} for ${vip} without owning it`
    this.first ??= { timeNs: this.trace?.now ?? 0, place, frameId, detail }
  }
}
