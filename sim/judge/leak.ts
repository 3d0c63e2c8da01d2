import { SENT, type Trace } from '../trace/index.ts'
import { AddressSet, type JudgedAddress, textAt } from './addresses.ts'
import {
  type Breach,
  type Invariant,
  type InvariantVerdict,
  type Seen,
  standing,
} from './invariant.ts'
import { PacketHead } from './packet-head.ts'

const TYPE_IPV4 = 0x0800
const ICMP = 1
const ICMPV6 = 58
const TCP = 6
const UDP = 17
const ECHO_REQUEST = 8
const V6_ECHO_REQUEST = 128
const SYN = 2
const ACK = 16
const RST = 4

/**
 * A client never sees a real server's address in a flow that it began at a VIP: not in the header
 * of a frame at its interface, nor in what an ICMP error quotes.
 *
 * What the client itself opens towards a server, or a server towards the client (a TCP SYN, an
 * echo request, a datagram), is another flow and allowed; such flows are rare, so the list of them
 * is short. ARP and neighbour discovery are no flows.
 */
export class Leak implements Invariant {
  readonly name = 'leak'
  private readonly isClient: Uint8Array
  private readonly servers: AddressSet
  private readonly direct = new Set<string>()
  private readonly head = new PacketHead()
  private readonly inner = new PacketHead()
  private trace: Trace | undefined
  private broken = 0
  private first: Breach | undefined

  /** `clientPlaces`: numbers of the clients' interfaces; `servers`: addresses, VIPs left out. */
  constructor(clientPlaces: readonly number[], servers: readonly JudgedAddress[]) {
    this.isClient = new Uint8Array(clientPlaces.reduce((most, each) => Math.max(most, each), 0) + 1)
    for (const place of clientPlaces) this.isClient[place] = 1
    this.servers = new AddressSet(servers)
  }

  listen(trace: Trace): void {
    this.trace = trace
  }

  /** A frame is sent or received (`kind`) at an interface. */
  seen(kind: number, place: number, frame: Seen): void {
    if (place >= this.isClient.length || this.isClient[place] !== 1) return
    const { view, start, end } = frame
    if (this.isInnocent(view, start, end)) return
    const { head } = this
    if (!head.readFrame(view, start, end) || isDiscovery(view, head, end)) return
    const server = this.serverAt(view, head)
    if (server < 0) {
      if (isIcmp(head)) this.quote(place, frame)
    } else if (!this.isDirect(frame, head, server, kind)) {
      this.breach(place, frame, `${ends(view, head)} shows a real server`)
    }
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }

  /** Whether this is a segment or datagram of IPv4 between addresses of no server: most are. */
  private isInnocent(view: DataView, start: number, end: number): boolean {
    if (end - start < 34 || view.getUint16(start + 12) !== TYPE_IPV4) return false
    const protocol = view.getUint8(start + 23)
    if (protocol !== TCP && protocol !== UDP) return false
    return !this.servers.hasAt(view, start + 26, 4) && !this.servers.hasAt(view, start + 30, 4)
  }

  /** Offset of the address that is a server's, -1 when none is. */
  private serverAt(view: DataView, { family, src, dst }: PacketHead): number {
    if (this.servers.hasAt(view, src, family)) return src
    return this.servers.hasAt(view, dst, family) ? dst : -1
  }

  /** An ICMP error whose outer addresses are innocent may still quote a server's. */
  private quote(place: number, frame: Seen): void {
    const { view } = frame
    const { inner } = this
    if (!this.readQuote(frame)) return
    const server = this.serverAt(view, inner)
    if (server < 0 || this.direct.has(keyOf(view, inner, server))) return
    const text = `an ICMP error quotes ${ends(view, inner)}, a real server`
    this.breach(place, frame, text)
  }

  private isDirect(frame: Seen, head: PacketHead, server: number, kind: number): boolean {
    const { view, end } = frame
    if (head.transport + 8 > end) return false
    if (isIcmp(head) && head.isIcmpError(view)) {
      if (!this.readQuote(frame)) return false
      const quoted = this.serverAt(view, this.inner)
      return quoted >= 0 && this.direct.has(keyOf(view, this.inner, quoted))
    }
    const key = keyOf(view, head, server)
    if (this.direct.has(key)) return true
    if (!opens(view, head, end, kind)) return false
    this.direct.add(key)
    return true
  }

  /** The packet that an ICMP error quotes, with the ports or numbers of what it carries. */
  private readQuote({ view, end }: Seen): boolean {
    const { head, inner } = this
    if (head.transport + 8 > end || !head.isIcmpError(view)) return false
    return inner.readAt(view, head.transport + 8, end) && inner.transport + 8 <= end
  }

  private breach(place: number, frame: Seen, detail: string): void {
    this.broken++
    this.first ??= { timeNs: this.trace?.now ?? 0, place, frameId: frame.id, detail }
  }
}

const isIcmp = ({ family, protocol }: PacketHead): boolean =>
  protocol === (family === 4 ? ICMP : ICMPV6)

/** Router and neighbour discovery: types 133 to 137. */
function isDiscovery(view: DataView, head: PacketHead, end: number): boolean {
  if (head.protocol !== ICMPV6 || head.transport >= end) return false
  const type = view.getUint8(head.transport)
  return type >= 133 && type <= 137
}

/** `172.16.20.1 > 207.17.117.20`. */
const ends = (view: DataView, { family, src, dst }: PacketHead): string =>
  `${textAt(view, src, family)} > ${textAt(view, dst, family)}`

/** Whether the packet begins a flow of its own. */
function opens(view: DataView, head: PacketHead, end: number, kind: number): boolean {
  const { family, protocol, transport } = head
  if (isIcmp(head)) {
    return view.getUint8(transport) === (family === 4 ? ECHO_REQUEST : V6_ECHO_REQUEST)
  }
  if (protocol === UDP) return kind === SENT
  if (protocol !== TCP || transport + 14 > end) return false
  return (view.getUint8(transport + 13) & (SYN | ACK | RST)) === SYN
}

/** Names the flow of a packet, the same for both directions; `server`: where its address stands. */
function keyOf(view: DataView, head: PacketHead, server: number): string {
  const { family, src, dst, protocol, transport } = head
  const isSource = server === src
  const near = textAt(view, server, family)
  const other = textAt(view, isSource ? dst : src, family)
  if (isIcmp(head)) return `${protocol} ${near} ${other} ${view.getUint16(transport + 4)}`
  const from = view.getUint16(transport)
  const to = view.getUint16(transport + 2)
  return isSource
    ? `${protocol} ${near} ${from} ${other} ${to}`
    : `${protocol} ${near} ${to} ${other} ${from}`
}
