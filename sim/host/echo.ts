import type { Stream } from '../engine/chance.ts'
import type { Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as icmpv6 from '../wire/icmpv6.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as ipv6 from '../wire/ipv6.ts'
import * as wireIp from '../wire/ip.ts'
import { type DontFragment, fitsPath, flagsFor, isTooBig, modeOf } from './dont-fragment.ts'
import type { Host } from './host.ts'
import { familyOf } from './ip.ts'
import type { IpIdents } from './ip-ident.ts'
import type { SocketOwner } from './socket-owner.ts'

/** What came back to a ping: an answer, or an ICMP error about it. */
export interface EchoAnswer {
  readonly isReply: boolean
  /** Of the error, by the numbers of the family's ICMP. */
  readonly type: number
  readonly code: number
  /** Who sent it. */
  readonly from: number
  readonly sequence: number
  readonly ttl: number
  /** Octets of payload; 0 for an error. */
  readonly size: number
  readonly timeNs: number
}

interface EchoSocket {
  readonly owner: SocketOwner
  readonly ident: number
  readonly answers: EchoAnswer[]
  wakePending: boolean
  open: boolean
}

/**
 * Sockets that send echo requests of ICMP or ICMPv6 and hear what becomes of them (as ping's raw
 * socket does).
 */
export class Echo {
  private readonly host: Host
  private readonly idents: IpIdents
  private readonly stream: Stream
  private readonly sockets: EchoSocket[] = []
  private readonly wakeHandler: number

  constructor(host: Host, idents: IpIdents) {
    this.host = host
    this.idents = idents
    this.stream = host.world.chance.stream(`${host.name} icmp echo id`)
    this.wakeHandler = host.world.agenda.register((socket) => {
      const row = this.sockets[socket]!
      row.wakePending = false
      if (row.open && !host.down) row.owner.wake(socket)
    })
  }

  /** `ident` 0 draws one. Returns the socket. */
  open(owner: SocketOwner, ident: number): number {
    const drawn = ident === 0 ? 1 + this.stream.below(0xffff) : ident
    this.sockets.push({ owner, ident: drawn, answers: [], wakePending: false, open: true })
    return this.sockets.length - 1
  }

  ident(socket: number): number {
    return this.sockets[socket]!.ident
  }

  /**
   * Sends one request with `size` octets of payload (a rising pattern), from `source` (0: chosen by
   * the route). False without a route.
   */
  send(
    socket: number,
    remote: number,
    sequence: number,
    size: number,
    ttl: number,
    source: number,
    dontFragment: DontFragment,
  ): boolean {
    const { ip, flowLabels } = this.host
    const { ident } = this.sockets[socket]!
    const from = source === 0 ? ip.sourceFor(remote) : source
    const family = familyOf(remote)
    if (from === 0 || familyOf(from) !== family) return false
    const octets = ip.headerLen(family) + icmp.HEADER_LEN + size
    const mode = modeOf(this.host, dontFragment)
    if (isTooBig(this.host, mode, remote, octets)) {
      this.failed(icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, remote, ident, sequence, from)
      return true
    }
    const frame = ip.allocate(family, icmp.HEADER_LEN + size)
    const at = frame.network + ip.headerLen(family)
    const payload = at + icmp.HEADER_LEN
    for (let i = 0; i < size; i++) frame.bytes[payload + i] = i
    frame.end = payload + size
    const type = family === 4 ? icmp.ECHO_REQUEST : icmpv6.ECHO_REQUEST
    icmp.write(frame.view, at, type, 0, ident * 0x1_0000 + (sequence & 0xffff))
    const flags = flagsFor(mode, fitsPath(this.host, remote, octets))
    if (family === 4) {
      icmp.writeChecksum(frame.bytes, frame.view, frame.words, at, frame.end - at)
      const id = this.idents.next(from, remote, ipv4.ICMP)
      return ip.send(frame, from, remote, ipv4.ICMP, 0, ttl, id, flags)
    }
    const length = frame.end - at
    const { addresses } = this.host
    const own = addresses.sum(from)
    const other = addresses.sum(remote)
    icmpv6.writeChecksum(frame.bytes, frame.view, frame.words, at, length, own, other)
    const label = flowLabels.of(ipv6.ICMPV6, from, remote, icmpv6.ECHO_REQUEST, 0)
    return ip.send(frame, from, remote, ipv6.ICMPV6, 0, ttl, label, flags)
  }

  /** Next answer that waits, or undefined. */
  receive(socket: number): EchoAnswer | undefined {
    return this.sockets[socket]!.answers.shift()
  }

  close(socket: number): void {
    const row = this.sockets[socket]!
    row.open = false
    row.answers.length = 0
  }

  /** Whether a socket asks with this ident. */
  isOpen(ident: number): boolean {
    return this.sockets.some((row) => row.open && row.ident === ident)
  }

  /** An echo reply of either family came; false when no socket asked. */
  answered(frame: Frame, at: number, end: number, from: number): boolean {
    const { view, network } = frame
    return this.hear(icmp.ident(view, at), {
      isReply: true,
      type: 0,
      code: 0,
      from,
      sequence: icmp.echoSequence(view, at),
      ttl: wireIp.hopLimit(view, network),
      size: end - at - icmp.HEADER_LEN,
      timeNs: this.host.now,
    })
  }

  /** An error about an echo request came (or its sending failed); false when no socket asked. */
  failed(
    type: number,
    code: number,
    _dst: number,
    ident: number,
    sequence: number,
    by: number,
  ): boolean {
    return this.hear(ident, {
      isReply: false,
      type,
      code,
      from: by,
      sequence,
      ttl: 0,
      size: 0,
      timeNs: this.host.now,
    })
  }

  private hear(ident: number, answer: EchoAnswer): boolean {
    const { agenda } = this.host.world
    let heard = false
    for (let socket = 0; socket < this.sockets.length; socket++) {
      const row = this.sockets[socket]!
      if (!row.open || row.ident !== ident) continue
      row.answers.push(answer)
      heard = true
      if (!row.wakePending) {
        row.wakePending = true
        agenda.schedule(agenda.now + this.host.wakeNs, this.wakeHandler, socket, 0)
      }
    }
    return heard
  }
}
