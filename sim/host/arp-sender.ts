import { assert } from '../engine/assert.ts'
import { BORN } from '../trace/index.ts'
import * as arp from '../wire/arp.ts'
import * as ethernet from '../wire/ethernet.ts'
import { type Frame, RESOLVES } from '../wire/frame.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { requestSource } from './arp-policy.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import type { Neighbour } from './neighbour-entry.ts'

/**
 * How addresses are announced: by a request as the kernel sends it (arp_notify; the target MAC is
 * zero), by one as a program does (arping -U; all ones), or by an answer to itself (arping -A).
 */
export type Announcement = 'notify' | 'request' | 'reply'

/** Writes and sends the ARP packets of one machine (RFC 826). */
export class ArpSender {
  private readonly host: Host

  constructor(host: Host) {
    this.host = host
  }

  /**
   * Asks for a neighbour's MAC: everybody, or the MAC that is known so far, whether it is there.
   */
  ask(neighbour: Neighbour, unicast: boolean): void {
    const { iface } = neighbour
    const waits = neighbour.waiting[neighbour.waiting.length - 1]
    const packetSource = waits === undefined ? 0 : ipv4.src(waits.view, waits.network)
    const source = requestSource(this.host, iface, neighbour.address, packetSource)
    const frame = this.fresh(iface)
    if (waits !== undefined) {
      frame.cause = waits.id
      frame.relation = RESOLVES
    }
    if (unicast) ethernet.setDst(frame.view, frame.start, neighbour.macHi, neighbour.macLo)
    else ethernet.setDst(frame.view, frame.start, 0xffff, 0xffffffff)
    const { view, network } = frame
    const { macHi, macLo } = iface
    arp.write(view, network, arp.REQUEST, macHi, macLo, source, 0, 0, neighbour.address)
    this.send(frame, iface)
  }

  /**
   * Answers the question in frame `to`, from `sender` at MAC (hi, lo), for our address `target`.
   */
  answer(
    to: Frame,
    iface: Interface,
    hi: number,
    lo: number,
    sender: number,
    target: number,
  ): void {
    const frame = this.fresh(iface)
    frame.cause = to.id
    frame.relation = RESOLVES
    ethernet.setDst(frame.view, frame.start, hi, lo)
    const { view, network } = frame
    arp.write(view, network, arp.REPLY, iface.macHi, iface.macLo, target, hi, lo, sender)
    this.send(frame, iface)
  }

  /** An unasked packet to all in which sender and target are `address`, ours. */
  announce(iface: Interface, address: number, how: Announcement): void {
    const frame = this.fresh(iface)
    ethernet.setDst(frame.view, frame.start, 0xffff, 0xffffffff)
    const { view, network } = frame
    const { macHi: hi, macLo: lo } = iface
    if (how === 'reply') arp.write(view, network, arp.REPLY, hi, lo, address, hi, lo, address)
    else {
      const [toHi, toLo] = how === 'request' ? [0xffff, 0xffffffff] : [0, 0]
      arp.write(view, network, arp.REQUEST, hi, lo, address, toHi, toLo, address)
    }
    this.send(frame, iface)
  }

  private fresh(iface: Interface): Frame {
    const frame = this.host.world.pool.take()
    frame.end = frame.start + ethernet.HEADER_LEN + arp.LEN
    frame.network = frame.start + ethernet.HEADER_LEN
    ethernet.setSrc(frame.view, frame.start, iface.macHi, iface.macLo)
    ethernet.setType(frame.view, frame.start, ethernet.TYPE_ARP)
    return frame
  }

  private send(frame: Frame, iface: Interface): void {
    const { trace } = this.host.world
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, iface.place, frame, 0, 0, 0)
    assert(iface.port !== undefined, `${this.host.name}.${iface.name} speaks ARP without a cable`)
    iface.port.transmit(frame)
  }
}
