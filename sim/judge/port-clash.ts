import {
  FIELD_ICMP_IDENT,
  FIELD_ICMPV6_IDENT,
  FIELD_IP_SRC,
  FIELD_IPV6_SRC,
  FIELD_TCP_SRC_PORT,
  FIELD_UDP_SRC_PORT,
  RECEIVED,
  REWRITTEN,
  SENT,
  type Sink,
  type Trace,
  TRANSLATED,
} from '../trace/index.ts'
import { type Breach, type Invariant, type InvariantVerdict, standing } from './invariant.ts'
import { type Ends, endsOf } from './ends.ts'

type Event = Parameters<Sink['event']>

const FIN = 1
const SYN = 2
const RST = 4
/** As long as this a connection that was opened or half closed is surely remembered. */
const REMEMBERED_NS = 60_000_000_000
/** As long as this the last datagram or echo of a flow is surely remembered. */
const FRESH_NS = 10_000_000_000
/** Flows that are watched; the oldest are forgotten first. */
const LIMIT = 65536

const FROM_CLIENT = 1
const FROM_SERVER = 2
const RESET = 4

/** Who has a translated source: the source that it stands for. */
interface Owner {
  readonly src: number
  readonly port: number
  lastNs: number
  /** What has closed it: FROM_CLIENT and FROM_SERVER, or RESET. */
  closed: number
  /** The owner before, unless it was over. */
  before: Owner | undefined
}

/**
 * A translated source, address and port towards one destination, stands for one source at a time:
 * it is not given to another while the connection of its owner is neither in TIME_WAIT nor CLOSE.
 *
 * A connection of TCP is over with a FIN of each side or a reset; one of which nothing was heard of
 * for a minute may have been forgotten. Datagrams and echoes have no end: there a clash is two
 * owners that use the same source in turn. Looked at are frames that open and close (SYN, FIN,
 * RST), datagrams and echoes, as they leave the machine that has changed their source.
 */
export class PortClash implements Invariant, Sink {
  readonly name = 'port-clash'
  private readonly owners = new Map<string, Owner>()
  /** Frames whose source has been changed and that have not been sent yet: what it was. */
  private readonly changed = new Map<number, { src: number; port: number }>()
  /** The frame that is being translated as a request. */
  private frameId = -1
  private broken = 0
  private first: Breach | undefined

  listen(trace: Trace): void {
    trace.subscribe(TRANSLATED | REWRITTEN | SENT | RECEIVED, this)
  }

  event(
    timeNs: Event[0],
    kind: Event[1],
    place: Event[2],
    frame: Event[3],
    code: Event[4],
    a: Event[5],
    b: Event[6],
  ): void {
    if (frame === undefined) return
    if (kind === TRANSLATED) this.frameId = b === 0 ? frame.id : -1
    else if (kind === REWRITTEN) {
      if (frame.id === this.frameId) this.rewritten(frame, code, a)
    } else if (kind === SENT) {
      const was = this.changed.size > 0 ? this.changed.get(frame.id) : undefined
      if (was !== undefined) this.sent(timeNs, place, frame, was)
    } else if (this.owners.size > 0) this.received(frame)
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }

  private rewritten(frame: NonNullable<Event[3]>, field: number, before: number): void {
    const isAddress = field === FIELD_IP_SRC || field === FIELD_IPV6_SRC
    const isPort =
      field === FIELD_TCP_SRC_PORT ||
      field === FIELD_UDP_SRC_PORT ||
      field === FIELD_ICMP_IDENT ||
      field === FIELD_ICMPV6_IDENT
    if (!isAddress && !isPort) return
    if (isIdle(frame)) return
    const known = this.changed.get(frame.id) ?? { src: -1, port: -1 }
    if (this.changed.size >= LIMIT) this.changed.clear()
    this.changed.set(frame.id, {
      src: isAddress ? before : known.src,
      port: isPort ? before : known.port,
    })
  }

  private sent(
    timeNs: number,
    place: number,
    frame: NonNullable<Event[3]>,
    was: { src: number; port: number },
  ): void {
    this.changed.delete(frame.id)
    const ends = endsOf(frame)
    if (ends === undefined) return
    const port = was.port < 0 ? ends.srcPort : was.port
    const key = keyOf(ends)
    const owner = this.owners.get(key)
    const isTcp = ends.protocol === 6
    const same = owner !== undefined && owner.src === was.src && owner.port === port
    if (!same) this.take(key, owner, { ...was, port }, timeNs, isTcp, { place, frameId: frame.id })
    const now = this.owners.get(key)!
    now.lastNs = timeNs
    if (isTcp) this.close(key, now, ends.flags, FROM_CLIENT)
  }

  /** A source that belonged to `owner`, if to any, is used by another. */
  private take(
    key: string,
    owner: Owner | undefined,
    { src, port }: { src: number; port: number },
    timeNs: number,
    isTcp: boolean,
    at: { place: number; frameId: number },
  ): void {
    const before = owner?.before
    const back = before !== undefined && before.src === src && before.port === port
    const lives = isTcp ? REMEMBERED_NS : FRESH_NS
    const clash = owner !== undefined && timeNs - owner.lastNs < lives && (isTcp || back)
    if (clash) {
      this.broken++
      const detail = `the translated source of ${key} is given to another while its owner lives`
      this.first ??= { timeNs, ...at, detail }
    }
    if (this.owners.size >= LIMIT) this.owners.delete(this.owners.keys().next().value!)
    if (owner !== undefined) owner.before = undefined
    this.owners.set(key, { src, port, lastNs: timeNs, closed: 0, before: owner })
  }

  /** An answer on its way in may close the flow. */
  private received(frame: NonNullable<Event[3]>): void {
    if (isIdle(frame)) return
    const ends = endsOf(frame)
    if (ends === undefined || ends.protocol !== 6) return
    const key = keyOf(turned(ends))
    const owner = this.owners.get(key)
    if (owner !== undefined) this.close(key, owner, ends.flags, FROM_SERVER)
  }

  private close(key: string, owner: Owner, flags: number, side: number): void {
    if ((flags & RST) !== 0) owner.closed |= RESET
    else if ((flags & FIN) !== 0) owner.closed |= side
    else if ((flags & SYN) !== 0 && side === FROM_CLIENT) owner.closed = 0
    const both = FROM_CLIENT | FROM_SERVER
    if ((owner.closed & RESET) !== 0 || (owner.closed & both) === both) this.owners.delete(key)
  }
}

function keyOf({ protocol, src, srcPort, dst, dstPort }: Ends): string {
  return `${protocol} ${src}:${srcPort} > ${dst}:${dstPort}`
}

function turned(ends: Ends): Ends {
  const { src, srcPort, dst, dstPort } = ends
  return { ...ends, src: dst, srcPort: dstPort, dst: src, dstPort: srcPort }
}

/** Whether the frame is a segment of TCP that neither opens nor closes. */
function isIdle({ view, start, end }: NonNullable<Event[3]>): boolean {
  if (end - start < 54) return false
  const isIpv4 = view.getUint16(start + 12) === 0x0800
  if (view.getUint8(start + (isIpv4 ? 23 : 20)) !== 6) return false
  const transport = isIpv4 ? start + 14 + (view.getUint8(start + 14) & 15) * 4 : start + 54
  if (transport + 14 > end) return false
  return (view.getUint8(transport + 13) & (SYN | FIN | RST)) === 0
}
