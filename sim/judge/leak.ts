import { RECEIVED, SENT, type Sink, type Trace } from '../trace/index.ts'
import {
  type Breach,
  dotted,
  type Invariant,
  type InvariantVerdict,
  type Seen,
  standing,
} from './invariant.ts'

type Event = Parameters<Sink['event']>

const ICMP = 1
const TCP = 6
const UDP = 17
const SYN = 2
const ACK = 16
const RST = 4

/**
 * A client never sees a real server's address in a flow that it began at a VIP: not in the header
 * of a frame at its interface, nor in what an ICMP error quotes.
 *
 * What the client itself opens towards a server, or a server towards the client (a TCP SYN, an
 * echo request, a datagram), is another flow and allowed; such flows are rare, so the list of them
 * is short. ARP is no flow. IPv6 comes with its codecs.
 */
export class Leak implements Invariant, Sink {
  readonly name = 'leak'
  private readonly isClient: Uint8Array
  private readonly servers: ReadonlySet<number>
  private readonly direct = new Set<string>()
  private broken = 0
  private first: Breach | undefined

  /**
   * `clientPlaces`: numbers of the clients' interfaces; `servers`: IPv4 addresses, VIPs left out.
   */
  constructor(clientPlaces: readonly number[], servers: readonly number[]) {
    this.isClient = new Uint8Array(clientPlaces.reduce((most, each) => Math.max(most, each), 0) + 1)
    for (const place of clientPlaces) this.isClient[place] = 1
    this.servers = new Set(servers)
  }

  listen(trace: Trace): void {
    if (this.servers.size > 0) trace.subscribe(SENT | RECEIVED, this)
  }

  event(timeNs: Event[0], kind: Event[1], place: Event[2], frame: Event[3]): void {
    if (this.isClient[place] !== 1 || frame === undefined) return
    const { view, start, end } = frame
    if (end - start < 34 || view.getUint16(start + 12) !== 0x0800) return
    const src = view.getUint32(start + 26)
    const dst = view.getUint32(start + 30)
    const server = this.servers.has(src) ? src : this.servers.has(dst) ? dst : -1
    if (server >= 0) {
      if (this.isDirect(frame, start + 14, server, kind)) return
      this.breach(timeNs, place, frame, `${dotted(src)} > ${dotted(dst)} shows a real server`)
    } else if (view.getUint8(start + 23) === ICMP) this.quote(timeNs, place, frame)
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }

  /** An ICMP error whose outer addresses are innocent may still quote a server's. */
  private quote(timeNs: number, place: number, frame: Seen): void {
    const { view, start, end } = frame
    const icmp = start + 14 + (view.getUint8(start + 14) & 15) * 4
    const quoted = icmp + 8
    if (quoted + 28 > end || !isError(view.getUint8(icmp))) return
    const src = view.getUint32(quoted + 12)
    const dst = view.getUint32(quoted + 16)
    const server = this.servers.has(src) ? src : this.servers.has(dst) ? dst : -1
    if (server < 0 || this.direct.has(keyOf(view, quoted, server))) return
    const text = `an ICMP error quotes ${dotted(src)} > ${dotted(dst)}, a real server`
    this.breach(timeNs, place, frame, text)
  }

  private isDirect(frame: Seen, at: number, server: number, kind: number): boolean {
    const { view, end } = frame
    const transport = at + (view.getUint8(at) & 15) * 4
    if (transport + 8 > end) return false
    const protocol = view.getUint8(at + 9)
    if (protocol === ICMP && isError(view.getUint8(transport))) {
      const quoted = transport + 8
      return quoted + 28 <= end && this.direct.has(keyOf(view, quoted, server))
    }
    const key = keyOf(view, at, server)
    if (this.direct.has(key)) return true
    if (!opens(view, protocol, transport, end, kind)) return false
    this.direct.add(key)
    return true
  }

  private breach(timeNs: number, place: number, frame: Seen, detail: string): void {
    this.broken++
    this.first ??= { timeNs, place, frameId: frame.id, detail }
  }
}

function isError(type: number): boolean {
  return type === 3 || type === 5 || type === 11 || type === 12
}

/** Whether the packet begins a flow of its own. */
function opens(
  view: DataView,
  protocol: number,
  transport: number,
  end: number,
  kind: number,
): boolean {
  if (protocol === ICMP) return view.getUint8(transport) === 8
  if (protocol === UDP) return kind === SENT
  if (protocol !== TCP || transport + 14 > end) return false
  return (view.getUint8(transport + 13) & (SYN | ACK | RST)) === SYN
}

/** Names the flow of the packet at `at`, the same for both directions. */
function keyOf(view: DataView, at: number, server: number): string {
  const src = view.getUint32(at + 12)
  const other = src === server ? view.getUint32(at + 16) : src
  const protocol = view.getUint8(at + 9)
  const transport = at + (view.getUint8(at) & 15) * 4
  if (protocol === ICMP) return `${protocol} ${server} ${other} ${view.getUint16(transport + 4)}`
  const near = view.getUint16(transport)
  const far = view.getUint16(transport + 2)
  return src === server
    ? `${protocol} ${server} ${near} ${other} ${far}`
    : `${protocol} ${server} ${far} ${other} ${near}`
}
