import type { Frame } from '../../wire/frame.ts'
import type { Host } from '../host.ts'
import type { SocketOwner } from '../socket-owner.ts'
import { arrive } from './arrival.ts'
import { connect, type ConnectOptions } from './connect.ts'
import { KIND_SOCKET, kindOf, NOTHING, rowOf } from './demux.ts'
import { icmpError } from './icmp-error.ts'
import { abort, close, closeSending, portsOf } from './life.ts'
import { accept, closeListener, listen, type ListenOptions } from './listener.ts'
import { Requests } from './requests.ts'
import { sendReset } from './refuse.ts'
import { after, before } from './sequence.ts'
import * as socketIo from './socket-io.ts'
import { set, type SocketOption } from './socket-options.ts'
import { type SocketLine, socketTable } from './socket-table.ts'
import { type Counters, Stack } from './stack.ts'
import {
  CLOSE_WAIT,
  ESTABLISHED,
  IN_USE,
  LISTEN,
  NO_ERROR,
  TCP_ERRORS,
  type TcpError,
  UNREACHABLE,
} from './states.ts'
import { TimeWaits } from './time-wait.ts'
import { expire } from './timers.ts'

export type { ConnectOptions } from './connect.ts'
export type { ListenOptions } from './listener.ts'
export type { SocketOption, SocketOptions } from './socket-options.ts'
export type { SocketLine } from './socket-table.ts'
export type { Counters } from './stack.ts'
export { TCP_STATES, type TcpError, type TcpState } from './states.ts'

/**
 * TCP of one machine (RFC 9293 and what Linux makes of it). A socket is a row number. Programs use
 * the methods here, never inside a packet's event: `owner.wake(socket)` is called a while after
 * something they may wait for has happened.
 */
export class Tcp {
  private readonly t: Stack
  /** Why the last `connect` or `listen` returned -1. */
  lastError: TcpError = ''

  constructor(host: Host) {
    this.t = new Stack(host)
    this.t.requests = new Requests(this.t)
    this.t.timeWaits = new TimeWaits(this.t)
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
    return this.t.timeWaits!.count
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
    const row = listen(this.t, options)
    return row < 0 ? this.fail(IN_USE) : row
  }

  /** The oldest connection that waits, -1 when none does; give it an owner with `setOwner`. */
  accept(listener: number): number {
    return accept(this.t, listener)
  }

  /**
   * Begins a connection; -1 when that cannot be (`lastError`). The owner is woken when it is made.
   */
  connect(options: ConnectOptions): number {
    const made = connect(this.t, options)
    if (typeof made === 'number') return made
    return this.fail(made === 'in-use' ? IN_USE : UNREACHABLE)
  }

  setOwner(socket: number, owner: SocketOwner): void {
    this.t.owners[socket] = owner
  }

  /** Sockets whose owner is meant, listeners included. */
  ownedBy(mine: (owner: SocketOwner) => boolean): number[] {
    return this.t.owners.flatMap((owner, s) => (owner !== undefined && mine(owner) ? [s] : []))
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
   * Writes `bytes[from .. to)`; returns how many octets were taken. The owner is woken when there
   * is room for the rest. `more`: what follows belongs to the same write of the program.
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
    if (this.t.blocks.state[socket] === LISTEN) closeListener(this.t, socket)
    else close(this.t, socket)
  }

  /** Lets go of a socket and tells the peer with RST. */
  abort(socket: number): void {
    if (this.t.blocks.state[socket] === LISTEN) closeListener(this.t, socket)
    else abort(this.t, socket)
  }

  /** Sends a RST into a connection of others (`refuse.ts`). */
  reset(
    local: number,
    localPort: number,
    remote: number,
    remotePort: number,
    sequence: number,
    ack: number,
  ): void {
    sendReset(this.t, local, localPort, remote, remotePort, sequence, ack)
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
    return socketTable(this.t)
  }

  /** A TCP segment for this machine has arrived at `at .. end` of the frame. */
  input(frame: Frame, at: number, end: number, src: number, dst: number): void {
    arrive(this.t, frame, at, end, src, dst)
  }

  /** Whether a connection of this machine has a segment with this sequence number under way. */
  hasSent(local: number, remote: number, from: number, to: number, sequence: number): boolean {
    const { demux, blocks } = this.t
    const value = demux.find(local, remote, portsOf(from, to))
    if (value === NOTHING || kindOf(value) !== KIND_SOCKET) return false
    const s = rowOf(value)
    return !before(sequence, blocks.sndUna[s]!) && !after(sequence, blocks.sndNxt[s]!)
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

  private fail(error: number): number {
    this.lastError = TCP_ERRORS[error] ?? TCP_ERRORS[NO_ERROR]
    return -1
  }
}
