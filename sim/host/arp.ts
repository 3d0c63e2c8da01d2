import { BY_ARP, dropCode } from '../trace/index.ts'
import * as arp from '../wire/arp.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import { answersArp } from './arp-policy.ts'
import { ArpSender } from './arp-sender.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import { FRESH, type Neighbour, REACHABLE, STALE } from './neighbour-entry.ts'

const TRUNCATED = dropCode('arp-truncated')
const NOT_IPV4 = dropCode('arp-not-ipv4')
const NOT_FOR_US = dropCode('arp-not-for-us')

/**
 * ARP of one machine as Linux does it (RFC 826; net/ipv4/arp.c): who is answered, and what is
 * learned from requests and answers.
 */
export class Arp {
  private readonly host: Host
  private readonly sender: ArpSender

  constructor(host: Host) {
    this.host = host
    this.sender = new ArpSender(host)
  }

  /** Asks for a neighbour's MAC. */
  ask(neighbour: Neighbour, unicast: boolean): void {
    this.sender.ask(neighbour, unicast)
  }

  /** An ARP packet has arrived; the frame ends here. */
  input(frame: Frame, iface: Interface): void {
    const { neighbours } = this.host
    const { view, network } = frame
    const problem = arp.check(view, network, frame.end)
    if (problem !== undefined) {
      return this.host.drop(frame, iface.place, problem === 'arp-truncated' ? TRUNCATED : NOT_IPV4)
    }
    const operation = arp.operation(view, network)
    const sender = arp.senderIp(view, network)
    const target = arp.targetIp(view, network)
    const hi = arp.senderHi(view, network)
    const lo = arp.senderLo(view, network)
    if (operation === arp.REQUEST && this.host.routes.isLocal(target)) {
      if (!answersArp(this.host, iface, sender, target)) {
        return this.host.drop(frame, iface.place, NOT_FOR_US)
      }
      if (sender !== 0) neighbours.update(neighbours.entry(iface, sender), hi, lo, STALE, true)
      this.sender.answer(frame, iface, hi, lo, sender, target)
    } else {
      this.hear(frame, iface, sender, hi, lo)
    }
    this.host.consume(frame, BY_ARP)
  }

  /** An answer, or somebody else's question: updates what is known already, learns nothing new. */
  private hear(frame: Frame, iface: Interface, sender: number, hi: number, lo: number): void {
    const { neighbours, now } = this.host
    const neighbour = neighbours.find(iface, sender)
    if (neighbour === undefined || neighbour.state === FRESH) return
    const { view, network, start } = frame
    const gratuitous = sender === arp.targetIp(view, network)
    const toUs = !ethernet.isGroup(view, start)
    const state = arp.operation(view, network) === arp.REPLY && toUs ? REACHABLE : STALE
    // The first of several answers wins: later ones within the lock time do not override it.
    const { locktimeNs } = neighbours.settings(sender)
    const override = gratuitous || now > neighbour.updatedNs + locktimeNs
    neighbours.update(neighbour, hi, lo, state, override)
  }
}
