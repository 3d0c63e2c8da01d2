import { BY_ARP, dropCode } from '../trace/index.ts'
import * as arp from '../wire/arp.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import { answersArp, isAsker } from './arp-policy.ts'
import { type Announcement, ArpSender } from './arp-sender.ts'
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
    if (!this.concernsUs(iface, sender, target)) {
      return this.host.drop(frame, iface.place, NOT_FOR_US)
    }
    const asksUs = operation === arp.REQUEST && this.host.routes.isLocal(target)
    if (asksUs && isAsker(this.host, iface, sender)) {
      if (!answersArp(this.host, iface, sender, target)) {
        return this.host.drop(frame, iface.place, NOT_FOR_US)
      }
      if (sender !== 0) neighbours.update(neighbours.entry(iface, sender), hi, lo, STALE, true)
      this.sender.answer(frame, iface, hi, lo, sender, target)
    } else if (sender !== 0) {
      this.hear(frame, iface, sender, target, hi, lo)
    }
    this.host.consume(frame, BY_ARP)
  }

  /** Tells everybody on the wire that `address` lives here. */
  announce(iface: Interface, address: number, how: Announcement): void {
    this.sender.announce(iface, address, how)
  }

  private concernsUs(iface: Interface, sender: number, target: number): boolean {
    const { routeLocalnet, dropGratuitousArp } = iface.settings
    if (target >>> 28 >= 0xe || (target >>> 24 === 127 && !routeLocalnet)) return false
    return !dropGratuitousArp || sender !== target
  }

  /**
   * An answer, an announcement or somebody else's question: updates what is known already, and
   * makes a new entry only where arp_accept allows it.
   */
  private hear(
    frame: Frame,
    iface: Interface,
    sender: number,
    target: number,
    hi: number,
    lo: number,
  ): void {
    const { neighbours, now, routes } = this.host
    const { view, network, start } = frame
    const isReply = arp.operation(view, network) === arp.REPLY
    const isUnicast = !routes.isLocal(sender) && !routes.isBroadcast(sender)
    // An announcement by an answer must name its own MAC as the target's, too.
    const namesItself = arp.targetHi(view, network) === hi && arp.targetLo(view, network) === lo
    const gratuitous = sender === target && isUnicast && (!isReply || namesItself)
    let neighbour = neighbours.find(iface, sender)
    if (neighbour === undefined || neighbour.state === FRESH) {
      const { arpAccept } = iface.settings
      const accepts = arpAccept === 1 || (arpAccept === 2 && iface.sharesSubnet(sender, 0))
      if (!accepts || !(gratuitous || (isReply && isUnicast))) return
      neighbour = neighbours.entry(iface, sender)
    }
    const toUs = !ethernet.isGroup(view, start)
    const state = isReply && toUs ? REACHABLE : STALE
    // The first of several answers wins: later ones within the lock time do not override it.
    const { locktimeNs } = neighbours.settings.of(iface, sender)
    const override = gratuitous || now > neighbour.updatedNs + locktimeNs
    neighbours.update(neighbour, hi, lo, state, override)
  }
}
