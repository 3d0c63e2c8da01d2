import { BY_TCP, dropCode } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import * as tcp from '../../wire/tcp.ts'
import type { Host } from '../host.ts'
import type { SocketOwner } from '../socket-owner.ts'
import { connect, type ConnectOptions } from './connect.ts'
import { KIND_REQUEST, KIND_SOCKET, kindOf, NOTHING, rowOf } from './demux.ts'
import { icmpError } from './icmp-error.ts'
import { segment } from './input.ts'
import { abort, close, closeSending, portsOf } from './life.ts'
import { BECAME_SOCKET, type Listener, Requests } from './listener.ts'
import { replyReset } from './refuse.ts'
import { type AckNews, newAckNews } from './sack.ts'
import * as socketIo from './socket-io.ts'
import {
  algorithmOf,
  DEFAULT_SEND_MEMORY,
  receiveMemory,
  sendMemory,
  set,
  settingsOf,
  type SocketOption,
  type SocketOptions,
} from './socket-options.ts'
import { type Counters, Stack } from './stack.ts'
import {
  CLOSE_WAIT,
  ESTABLISHED,
  IN_USE,
  LISTEN,
  NO_ERROR,
  SYN_RECEIVED,
  TCP_ERRORS,
  TCP_STATES,
  type TcpError,
  UNREACHABLE,
} from './states.ts'
import { NEW_SYN, TimeWaits } from './time-wait.ts'
import { expire } from './timers.ts'

export type { ConnectOptions } from './connect.ts'
export type { SocketOption, SocketOptions } from './socket-options.ts'
export type { Counters } from './stack.ts'
export { TCP_STATES, type TcpError, type TcpState } from './states.ts'

export interface ListenOptions extends SocketOptions {
  /** 0: any address of the machine. */
  readonly address: number
  readonly port: number
  /** As given to listen(2): one connection more may wait to be accepted. */
  readonly backlog: number
  readonly owner: SocketOwner
}

/** One line of a machine's table of sockets. */
export interface SocketLine {
  readonly state: string
  readonly local: number
  readonly localPort: number
  readonly remote: number
  readonly remotePort: number
}

const NO_SOCKET = dropCode('tcp-no-socket')
const UNEXPECTED = dropCode('tcp-unexpected')

/**
 * TCP of one machine (RFC 9293 and what Linux makes of it). A socket is a row number. Programs use
 * the methods here, never inside a packet's event: `owner.wake(socket)` is called a while after
 * something they may wait for has happened.
 */
export class Tcp {
  private readonly t: Stack
  private readonly requests: Requests
  private readonly timeWaits: TimeWaits
  private readonly news: AckNews = newAckNews()
  /** Why the last `connect` or `listen` returned -1. */
  lastError: TcpError = ''

  constructor(host: Host) {
    this.t = new Stack(host)
    this.requests = new Requests(this.t)
    this.timeWaits = new TimeWaits(this.t)
    this.t.requests = this.requests
    this.t.timeWaits = this.timeWaits
    this.t.timerHandler = this.t.agenda.register((socket) => expire(this.t, socket))
  }

  /** How long a connection stays in TIME-WAIT: 60 s. */
  get timeWaitNs(): number {
    return this.t.timeWaitNs
  }

  set timeWaitNs(value: number) {
    this.t.timeWaitNs = value
  }

  get counters(): Readonly<Counters> {
    return this.t.counters
  }

  /** Rows in TIME-WAIT, and in FIN-WAIT-2 without a program. */
  get waiting(): number {
    return this.timeWaits.count
  }

  /** Control blocks in use, listeners included. */
  get open(): number {
    return this.t.blocks.count
  }

  /** Reads the kernel settings again, after one has changed. */
  configure(): void {
    this.t.configure()
  }

  /** Opens a listening socket; -1 when the port is taken (`lastError`). */
  listen(options: ListenOptions): number {
    const { t } = this
    const list = t.listenersByPort.get(options.port)
    const clash = list?.some((row) => {
      const { address } = t.listeners[row]!
      return address === 0 || options.address === 0 || address === options.address
    })
    if (clash === true) return this.fail(IN_USE)
    const row = t.allocate(options.owner)
    const c = t.blocks
    c.state[row] = LISTEN
    c.localAddress[row] = options.address
    c.localPort[row] = options.port
    t.listeners[row] = {
      row,
      address: options.address,
      port: options.port,
      backlog: Math.min(options.backlog, t.settings.maxBacklog),
      owner: options.owner,
      receiveMemory: receiveMemory(options),
      receiveLocked: options.receiveBuffer !== undefined,
      sendMemory: options.sendBuffer === undefined ? DEFAULT_SEND_MEMORY : sendMemory(options),
      sendLocked: options.sendBuffer !== undefined,
      algorithm: algorithmOf(options.congestion),
      settings: settingsOf(options),
      ttl: options.ttl ?? 0,
      queue: [],
      head: 0,
      requests: 0,
    }
    if (list === undefined) t.listenersByPort.set(options.port, [row])
    else list.push(row)
    return row
  }

  /** The oldest connection that waits, -1 when none does; give it an owner with `setOwner`. */
  accept(listener: number): number {
    const { queue, head } = this.t.listeners[listener]!
    if (head === queue.length) return -1
    const entry = this.t.listeners[listener]!
    const socket = queue[entry.head++]!
    if (entry.head === queue.length || entry.head > 1024) {
      queue.splice(0, entry.head)
      entry.head = 0
    }
    return socket
  }

  /** Begins a connection; -1 when that cannot be (`lastError`). The owner is woken when it is made. */
  connect(options: ConnectOptions): number {
    const made = connect(this.t, options)
    if (typeof made === 'number') return made
    return this.fail(made === 'in-use' ? IN_USE : UNREACHABLE)
  }

  setOwner(socket: number, owner: SocketOwner): void {
    this.t.owners[socket] = owner
  }

  /** Octets that `read` would return now. */
  readable(socket: number): number {
    return socketIo.readable(this.t, socket)
  }

  /** Whether the peer has closed its half and all before that has been read. */
  atEnd(socket: number): boolean {
    const c = this.t.blocks
    const over = c.finReceived[socket] === 1 || c.state[socket] === 0
    return over && socketIo.readable(this.t, socket) === 0
  }

  /** Reads at most `max` octets to the start of `into`, or forgets them; returns how many. */
  read(socket: number, into: Uint8Array | undefined, max: number): number {
    return socketIo.read(this.t, socket, into, max)
  }

  /** Octets that the send buffer has room for. */
  writable(socket: number): number {
    return socketIo.writable(this.t, socket)
  }

  /**
   * Writes `bytes[from .. to)`; returns how many octets were taken. The owner is woken when there is
   * room for the rest. `more`: what follows belongs to the same write of the program.
   */
  write(socket: number, bytes: Uint8Array, from: number, to: number, more = false): number {
    return socketIo.write(this.t, socket, bytes, from, to, more)
  }

  /** Closes the sending half: FIN follows what was written. */
  shutdown(socket: number): void {
    closeSending(this.t, socket)
  }

  /** Lets go of a socket; what was written is still delivered. A listener stops listening. */
  close(socket: number): void {
    if (this.t.blocks.state[socket] === LISTEN) this.closeListener(socket)
    else close(this.t, socket)
  }

  /** Lets go of a socket and tells the peer with RST. */
  abort(socket: number): void {
    if (this.t.blocks.state[socket] === LISTEN) this.closeListener(socket)
    else abort(this.t, socket)
  }

  setOption(socket: number, name: SocketOption, value: number | string): void {
    set(this.t, socket, name, value)
  }

  /** Asks a silent peer after `idleNs`, then every `intervalNs`, and gives up after `probes`. */
  setKeepAlive(socket: number, idleNs: number, intervalNs: number, probes: number): void {
    set(this.t, socket, 'keepalive-interval', intervalNs)
    set(this.t, socket, 'keepalive-probes', probes)
    set(this.t, socket, 'keepalive-idle', idleNs)
    set(this.t, socket, 'keepalive', 1)
  }

  /** Number of the state in TCP_STATES. */
  state(socket: number): number {
    return this.t.blocks.state[socket]!
  }

  error(socket: number): TcpError {
    return TCP_ERRORS[this.t.blocks.error[socket]!]!
  }

  established(socket: number): boolean {
    const state = this.t.blocks.state[socket]!
    return state === ESTABLISHED || state === CLOSE_WAIT
  }

  local(socket: number): number {
    return this.t.blocks.localAddress[socket]!
  }

  localPort(socket: number): number {
    return this.t.blocks.localPort[socket]!
  }

  remote(socket: number): number {
    return this.t.blocks.remoteAddress[socket]!
  }

  remotePort(socket: number): number {
    return this.t.blocks.remotePort[socket]!
  }

  /** The machine's table of sockets: connections, handshakes, TIME-WAIT and listeners. */
  sockets(): SocketLine[] {
    const { t } = this
    const c = t.blocks
    const lines: SocketLine[] = []
    for (let s = 0; s < c.capacity; s++) {
      if (c.state[s] === 0) continue
      lines.push(
        line(
          c.state[s]!,
          c.localAddress[s]!,
          c.localPort[s]!,
          c.remoteAddress[s]!,
          c.remotePort[s]!,
        ),
      )
    }
    this.requests.each((local, remote, ports) => {
      lines.push(line(SYN_RECEIVED, local, ports >>> 16, remote, ports & 0xffff))
    })
    this.timeWaits.each((local, remote, ports, state) => {
      lines.push(line(state, local, ports >>> 16, remote, ports & 0xffff))
    })
    return lines
  }

  /** A TCP segment for this machine has arrived at `at .. end` of the frame. */
  input(frame: Frame, at: number, end: number, src: number, dst: number): void {
    const { t } = this
    const { host } = t
    const { bytes, view, words } = frame
    t.counters.inSegments++
    const problem = tcp.check(bytes, view, words, at, end, src, dst)
    if (problem !== undefined) return host.drop(frame, host.place, dropCode(problem))
    const ports = portsOf(tcp.dstPort(view, at), tcp.srcPort(view, at))
    const value = t.demux.find(dst, src, ports)
    let outcome: number
    if (value >= 0 && kindOf(value) === KIND_SOCKET) {
      outcome = segment(t, rowOf(value), frame, at, end, this.news)
    } else outcome = this.withoutSocket(value, frame, at, end, src, dst)
    if (outcome >= 0) host.drop(frame, host.place, outcome)
    else host.consume(frame, BY_TCP)
  }

  /** What ICMP says about a segment of this machine; false when no connection sent it. */
  icmpError(
    type: number,
    code: number,
    mtu: number,
    src: number,
    dst: number,
    from: number,
    to: number,
    sequence: number,
  ): boolean {
    return icmpError(this.t, type, code, mtu, src, dst, from, to, sequence)
  }

  private withoutSocket(
    value: number,
    frame: Frame,
    at: number,
    end: number,
    src: number,
    dst: number,
  ): number {
    const { t } = this
    const { view } = frame
    t.options.read(view, at + tcp.MIN_LEN, at + tcp.headerLen(view, at))
    if (value !== NOTHING) {
      if (kindOf(value) === KIND_REQUEST) {
        const outcome = this.requests.input(value, frame, at, end)
        if (outcome !== BECAME_SOCKET) return outcome
        return segment(t, this.requests.made, frame, at, end, this.news)
      }
      const outcome = this.timeWaits.input(value, frame, at, end)
      if (outcome !== NEW_SYN) return outcome
      if (this.findListener(dst, tcp.dstPort(view, at)) === undefined) return UNEXPECTED
      this.timeWaits.remove(rowOf(value))
    }
    return this.forListener(frame, at, end, src, dst)
  }

  private forListener(frame: Frame, at: number, end: number, src: number, dst: number): number {
    const { view } = frame
    const listener = this.findListener(dst, tcp.dstPort(view, at))
    const bits = tcp.flags(view, at)
    const control = bits & (tcp.SYN | tcp.ACK | tcp.RST | tcp.FIN)
    if (listener === undefined) {
      replyReset(this.t, frame, at, end)
      return NO_SOCKET
    }
    if ((bits & tcp.RST) !== 0) return UNEXPECTED
    if ((bits & tcp.ACK) !== 0) {
      replyReset(this.t, frame, at, end)
      return NO_SOCKET
    }
    if (control !== tcp.SYN) return UNEXPECTED
    return this.requests.syn(listener, frame, at, src, dst)
  }

  /** The listener bound to the address, or else to any. */
  private findListener(address: number, port: number): Listener | undefined {
    const list = this.t.listenersByPort.get(port)
    if (list === undefined) return undefined
    let any: Listener | undefined
    for (let i = 0; i < list.length; i++) {
      const listener = this.t.listeners[list[i]!]!
      if (listener.address === address) return listener
      if (listener.address === 0) any = listener
    }
    return any
  }

  private closeListener(row: number): void {
    const { t } = this
    const listener = t.listeners[row]!
    this.requests.dropAllOf(listener)
    for (const socket of listener.queue.slice(listener.head)) abort(t, socket)
    const list = t.listenersByPort.get(listener.port)!
    list.splice(list.indexOf(row), 1)
    if (list.length === 0) t.listenersByPort.delete(listener.port)
    t.listeners[row] = undefined
    t.release(row)
  }

  private fail(error: number): number {
    this.lastError = TCP_ERRORS[error] ?? TCP_ERRORS[NO_ERROR]
    return -1
  }
}

function line(
  state: number,
  local: number,
  localPort: number,
  remote: number,
  remotePort: number,
): SocketLine {
  return { state: TCP_STATES[state]!, local, localPort, remote, remotePort }
}
