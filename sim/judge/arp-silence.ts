import { SENT, type Sink, type Trace } from '../trace/index.ts'
import {
  type Breach,
  dotted,
  type Invariant,
  type InvariantVerdict,
  standing,
} from './invariant.ts'

type Event = Parameters<Sink['event']>

/** Who may answer ARP for a VIP. */
export interface VipOwner {
  /** Unsigned 32-bit number. */
  readonly vip: number
  /** Numbers of the interfaces of its owners (one machine, or the members of a cluster). */
  readonly places: readonly number[]
}

/** ARP for a VIP is answered by its owner only. */
export class ArpSilence implements Invariant, Sink {
  readonly name = 'arp-silence'
  private readonly owners: ReadonlyMap<number, ReadonlySet<number>>
  private broken = 0
  private first: Breach | undefined

  constructor(owners: readonly VipOwner[]) {
    this.owners = new Map(owners.map(({ vip, places }) => [vip, new Set(places)]))
  }

  listen(trace: Trace): void {
    if (this.owners.size > 0) trace.subscribe(SENT, this)
  }

  event(timeNs: Event[0], _kind: Event[1], place: Event[2], frame: Event[3]): void {
    if (frame === undefined) return
    const { view, start, end } = frame
    if (end - start < 42 || view.getUint16(start + 12) !== 0x0806) return
    if (view.getUint16(start + 20) !== 2) return
    const vip = view.getUint32(start + 28)
    const owners = this.owners.get(vip)
    if (owners === undefined || owners.has(place)) return
    this.broken++
    const detail = `answers ARP for ${dotted(vip)} without owning it`
    this.first ??= { timeNs, place, frameId: frame.id, detail }
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }
}
