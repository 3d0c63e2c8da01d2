import { dropCode, RECEIVED, SENT } from '../trace/index.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import type { Host } from './host.ts'

const DOWN = dropCode('machine-down')

/** The interface `lo`: what a machine sends to itself arrives in an event of its own, at once. */
export class Loopback {
  private readonly host: Host
  private readonly handler: number
  /** Frames between sending and arrival. */
  inFlight = 0

  constructor(host: Host) {
    this.host = host
    this.handler = host.world.agenda.register((slot) => this.arrive(slot))
  }

  deliver(frame: Frame): void {
    const { agenda, trace } = this.host.world
    const lo = this.host.interfaces[0]!
    ethernet.setDst(frame.view, frame.start, 0, 0)
    ethernet.setSrc(frame.view, frame.start, 0, 0)
    const isIpv4 = frame.view.getUint8(frame.network) >> 4 === 4
    const type = isIpv4 ? ethernet.TYPE_IPV4 : ethernet.TYPE_IPV6
    ethernet.setType(frame.view, frame.start, type)
    if ((trace.mask & SENT) !== 0) trace.emit(SENT, lo.place, frame, 0, 0, 0)
    this.inFlight++
    agenda.schedule(agenda.now, this.handler, frame.slot, 0)
  }

  private arrive(slot: number): void {
    const { pool, trace } = this.host.world
    const frame = pool.frames[slot]!
    const lo = this.host.interfaces[0]!
    this.inFlight--
    if (this.host.down) return this.host.drop(frame, lo.place, DOWN)
    if ((trace.mask & RECEIVED) !== 0) trace.emit(RECEIVED, lo.place, frame, 0, 0, 0)
    const { ipv4, ipv6 } = this.host
    if (ethernet.type(frame.view, frame.start) === ethernet.TYPE_IPV4) ipv4.input(frame, lo)
    else ipv6.input(frame, lo)
  }
}
