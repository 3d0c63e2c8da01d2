import type { Packet } from '../hook/hook.ts'
import { dropCode } from '../trace/index.ts'
import { type Frame, REPORTS } from '../wire/frame.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv6 from '../wire/ipv6.ts'
import { isLinkLocal, isMulticast } from '../wire/ipv6-scope.ts'
import * as ndp from '../wire/ndp.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import { STALE } from './neighbour-entry.ts'
import { Peers } from './peers.ts'
import type { Path } from './route.ts'

const INTERVAL_NS = 1_000_000_000
const BURST_NS = 6 * INTERVAL_NS

const MALFORMED = dropCode('ndp-malformed')
const REFUSED = dropCode('redirect-refused')

/**
 * Redirects of neighbour discovery (RFC 4861 §8; Linux ndisc_send_redirect, rt6_do_redirect).
 *
 * A router sends them from its link-local address, six at once and then one a second both to each
 * machine and about each destination; it can name another router only by a link-local address. A
 * machine obeys only the router that it uses now for the destination, and knows it by the address
 * of its route: one that names the router by a global address obeys no redirect.
 */
export class Ipv6Redirects {
  private readonly host: Host
  private readonly toSource: Peers
  private readonly byDestination: Peers

  constructor(host: Host) {
    this.host = host
    this.toSource = new Peers(host.clock)
    this.byDestination = new Peers(host.clock)
  }

  /** Tells the sender of `about`, still as it came, that it could use `path` itself. */
  send(about: Frame, src: number, path: Path): void {
    const { host, byDestination, toSource } = this
    const { iface, nextHop, destination } = path
    const book = host.addresses
    if (!byDestination.take(byDestination.of(destination), INTERVAL_NS, BURST_NS)) return
    const { linkLocal } = host.ipv6.link(iface)
    if (linkLocal === 0) return
    if (nextHop !== destination && !isLinkLocal(book.word(nextHop, 0))) return
    const back = host.ipv6.icmp.pathTo(src, iface)
    if (back === undefined || back.local || back.nextHop !== src) return
    if (!toSource.take(toSource.of(src), INTERVAL_NS, BURST_NS)) return
    const { neighbours, ipv6: own } = host
    const frame = own.ndp.begin(iface, icmpv6.REDIRECT, nextHop)
    frame.cause = about.id
    frame.relation = REPORTS
    const { view } = frame
    const at = frame.network + ipv6.HEADER_LEN
    book.write(view, at + ndp.REDIRECTED, destination)
    const target = neighbours.find(iface, nextHop)
    if (target?.hasMac === true) {
      frame.end = ndp.writeLink(view, frame.end, ndp.TARGET_LINK, target.macHi, target.macLo)
    }
    this.quote(frame, about)
    own.ndp.finish(frame, linkLocal, src)
    neighbours.output(frame, back)
  }

  /** Adds the packet it is about, as much as the least MTU has room for in whole words of eight. */
  private quote(frame: Frame, about: Frame): void {
    const { view, bytes, network, end } = frame
    const room = network + ipv6.MIN_MTU - end
    const length = Math.floor(Math.min(room, about.end - about.network + 8) / 8) * 8
    ndp.writeRedirectedHeader(view, end, length)
    const from = about.network
    bytes.set(about.bytes.subarray(from, from + length - 8), end + 8)
    frame.end = end + length
  }

  /** A redirect has come. Returns a drop reason, 0 for none. */
  accept(packet: Packet, iface: Interface): number {
    const { host } = this
    const { frame, transport: at, src } = packet
    const { view, end } = frame
    const book = host.addresses
    const target = book.read(view, at + ndp.TARGET)
    const destination = book.read(view, at + ndp.REDIRECTED)
    if (!isLinkLocal(book.word(src, 0)) || isMulticast(book.word(destination, 0))) return MALFORMED
    const isOnLink = target === destination
    if (!isOnLink && !isLinkLocal(book.word(target, 0))) return MALFORMED
    const { routes, neighbours } = host
    const path = routes.find(destination)
    if (path === undefined || path.local || path.onLink || path.nextHop !== src) return REFUSED
    if (path.iface !== iface || host.ipv6.isRouter || !this.obeys(iface)) return REFUSED
    const neighbour = neighbours.entry(iface, target)
    const option = ndp.option(view, at, end, ndp.TARGET_LINK)
    if (option !== 0) {
      const [hi, lo] = [ndp.linkHi(view, option), ndp.linkLo(view, option)]
      neighbours.update(neighbour, hi, lo, STALE, true, true)
    }
    neighbour.router = neighbour.router || !isOnLink
    routes.exceptions.learnGateway(destination, target, host.now, Infinity)
    routes.changed()
    return 0
  }

  private obeys(iface: Interface): boolean {
    return this.host.ipv6.setting(iface, 'accept_redirects') !== 0
  }
}
