import type { Stream } from '../engine/chance.ts'
import { BY_UDP, dropCode } from '../trace/index.ts'
import type { Frame } from '../wire/frame.ts'
import * as ipv4 from '../wire/ipv4.ts'
import * as udp from '../wire/udp.ts'
import { DF_NEVER, fitsPath, flagsFor, isTooBig, modeOf } from './dont-fragment.ts'
import type { Host } from './host.ts'
import { meaningOf, REFUSED, TOO_BIG, UNREACHABLE } from './icmp-meaning.ts'
import { familyOf } from './ip.ts'
import type { SocketOwner } from './socket-owner.ts'
import type { Datagram, UdpError, UdpOptions, UdpSocket } from './udp-socket.ts'

export type { Datagram, UdpError, UdpOptions } from './udp-socket.ts'

const EPHEMERAL_FIRST = 32768
const EPHEMERAL_COUNT = 28232
/** What a waiting datagram is counted with beside its own octets, as sk_rmem_alloc counts. */
const QUEUED_OVERHEAD = 768

const NO_SOCKET = dropCode('udp-no-socket')
const BUFFER_FULL = dropCode('udp-buffer-full')

/** UDP of one machine (RFC 768, RFC 1122 §4.1): sockets, ports and what ICMP says about them. */
export class Udp {
  private readonly host: Host
  private readonly sockets: (UdpSocket | undefined)[] = []
  private readonly byPort = new Map<number, number[]>()
  private readonly ports: Stream
  private readonly wakeHandler: number

  constructor(host: Host) {
    this.host = host
    this.ports = host.world.chance.stream(`${host.name} udp port`)
    this.wakeHandler = host.world.agenda.register((socket) => {
      const row = this.sockets[socket]
      if (row === undefined || host.down) return
      row.wakePending = false
      row.owner.wake(socket)
    })
  }

  /** Opens a socket; -1 when the port is taken. */
  open(options: UdpOptions): number {
    const port = options.localPort === 0 ? this.freePort(options.local) : options.localPort
    if (port === 0 || this.taken(options.local, port)) return -1
    const socket = this.sockets.length
    this.sockets.push({
      owner: options.owner,
      local: options.local,
      port,
      ttl: options.ttl ?? 0,
      dontFragment: modeOf(this.host, options.dontFragment),
      limit: options.receiveBuffer ?? this.host.sysctl.number('net.core.rmem_default'),
      discard: options.discard ?? false,
      queue: [],
      head: 0,
      queued: 0,
      error: '',
      wakePending: false,
      received: 0,
      receivedOctets: 0,
    })
    const list = this.byPort.get(port)
    if (list === undefined) this.byPort.set(port, [socket])
    else list.push(socket)
    return socket
  }

  /** Sockets whose owner is meant. */
  ownedBy(mine: (owner: SocketOwner) => boolean): number[] {
    return this.sockets.flatMap((row, socket) => (row && mine(row.owner) ? [socket] : []))
  }

  close(socket: number): void {
    const row = this.sockets[socket]
    if (row === undefined) return
    this.sockets[socket] = undefined
    const list = this.byPort.get(row.port)!
    list.splice(list.indexOf(socket), 1)
    if (list.length === 0) this.byPort.delete(row.port)
  }

  localPort(socket: number): number {
    return this.sockets[socket]?.port ?? 0
  }

  /** Whether a socket of this machine sends from this address and port. */
  isOpen(local: number, port: number): boolean {
    return this.find(local, port) >= 0
  }

  /** Datagrams received so far. */
  received(socket: number): number {
    return this.sockets[socket]?.received ?? 0
  }

  /** Octets of payload received so far. */
  receivedOctets(socket: number): number {
    return this.sockets[socket]?.receivedOctets ?? 0
  }

  /**
   * Sends `bytes[from .. to)`; `source` 0 leaves the choice to the route. False without a route,
   * or when it would have to be cut and must not be: then `error` is 'too-big'.
   */
  sendTo(
    socket: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    remote: number,
    remotePort: number,
    source = 0,
  ): boolean {
    const { host } = this
    const row = this.sockets[socket]!
    const { ip, addresses } = host
    const local = source || row.local || ip.sourceFor(remote)
    const family = familyOf(remote)
    if (local === 0 || familyOf(local) !== family) return false
    const whole = ip.headerLen(family) + udp.HEADER_LEN + to - from
    if (isTooBig(host, row.dontFragment, remote, whole)) {
      row.error = 'too-big'
      return false
    }
    const frame = ip.allocate(family, udp.HEADER_LEN + to - from)
    const at = frame.network + ip.headerLen(family)
    const payload = at + udp.HEADER_LEN
    if (from === 0 && to === bytes.length) frame.bytes.set(bytes, payload)
    else for (let i = from; i < to; i++) frame.bytes[payload + i - from] = bytes[i]!
    frame.end = payload + to - from
    const length = udp.HEADER_LEN + to - from
    const { bytes: octets, view, words } = frame
    const own = addresses.sum(local)
    const other = addresses.sum(remote)
    udp.write(octets, view, words, at, row.port, remotePort, length, own, other)
    const flags = flagsFor(row.dontFragment, fitsPath(host, remote, whole))
    const ident =
      family === 4
        ? host.icmp.idents.next(local, remote, ipv4.UDP)
        : host.flowLabels.of(ipv4.UDP, local, remote, row.port, remotePort)
    return ip.send(frame, local, remote, ipv4.UDP, 0, row.ttl, ident, flags)
  }

  /** Next datagram that waits, or undefined. */
  receive(socket: number): Datagram | undefined {
    const row = this.sockets[socket]
    if (row === undefined || row.head === row.queue.length) return undefined
    const datagram = row.queue[row.head++]!
    row.queued -= datagram.bytes.length + QUEUED_OVERHEAD
    if (row.head === row.queue.length) {
      row.queue.length = 0
      row.head = 0
    }
    return datagram
  }

  /** What ICMP last said about this socket's datagrams; asking clears it, as a system call does. */
  error(socket: number): UdpError {
    const row = this.sockets[socket]
    if (row === undefined) return ''
    const error = row.error
    row.error = ''
    return error
  }

  input(frame: Frame, at: number, end: number, src: number, dst: number): void {
    const { host } = this
    const { bytes, view, words } = frame
    const theirs = host.addresses.sum(src)
    const ours = host.addresses.sum(dst)
    const problem = udp.check(bytes, view, words, at, end, theirs, ours, familyOf(dst))
    if (problem !== undefined) return host.drop(frame, host.place, dropCode(problem))
    const socket = this.find(dst, udp.dstPort(view, at))
    if (socket < 0) {
      host.ip.portUnreachable(frame)
      return host.drop(frame, host.place, NO_SOCKET)
    }
    const row = this.sockets[socket]!
    const size = udp.length(view, at) - udp.HEADER_LEN
    if (row.discard) {
      row.received++
      row.receivedOctets += size
    } else if (row.queued + size + QUEUED_OVERHEAD > row.limit) {
      return host.drop(frame, host.place, BUFFER_FULL)
    } else {
      row.received++
      row.receivedOctets += size
      const payload = at + udp.HEADER_LEN
      row.queue.push({
        bytes: bytes.slice(payload, payload + size),
        from: src,
        fromPort: udp.srcPort(view, at),
        to: dst,
        timeNs: host.now,
      })
      row.queued += size + QUEUED_OVERHEAD
      this.scheduleWake(row, socket)
    }
    host.consume(frame, BY_UDP)
  }

  /** An ICMP error about a datagram from `src:from` to `dst:to`; false when no socket sent it. */
  icmpError(
    type: number,
    code: number,
    src: number,
    dst: number,
    from: number,
    _to: number,
  ): boolean {
    const socket = this.find(src, from)
    if (socket < 0) return false
    const meaning = meaningOf(familyOf(dst), type, code)
    const row = this.sockets[socket]!
    if (meaning === REFUSED) row.error = 'refused'
    else if (meaning === UNREACHABLE) row.error = 'unreachable'
    else if (meaning === TOO_BIG && row.dontFragment !== DF_NEVER) row.error = 'too-big'
    else return true
    this.scheduleWake(row, socket)
    return true
  }

  private scheduleWake(row: UdpSocket, socket: number): void {
    if (row.wakePending) return
    row.wakePending = true
    const { agenda } = this.host.world
    agenda.schedule(agenda.now + this.host.wakeNs, this.wakeHandler, socket, 0)
  }

  /** The socket bound to the address, or else to any address. */
  private find(address: number, port: number): number {
    const list = this.byPort.get(port)
    if (list === undefined) return -1
    let any = -1
    for (let i = 0; i < list.length; i++) {
      const { local } = this.sockets[list[i]!]!
      if (local === address) return list[i]!
      if (local === 0) any = list[i]!
    }
    return any
  }

  private taken(local: number, port: number): boolean {
    const list = this.byPort.get(port)
    if (list === undefined) return false
    return list.some((socket) => {
      const other = this.sockets[socket]!.local
      return other === 0 || local === 0 || other === local
    })
  }

  private freePort(local: number): number {
    const start = this.ports.below(EPHEMERAL_COUNT)
    for (let i = 0; i < EPHEMERAL_COUNT; i++) {
      const port = EPHEMERAL_FIRST + ((start + i) % EPHEMERAL_COUNT)
      if (!this.taken(local, port)) return port
    }
    return 0
  }
}
