import { modeOf } from '../dont-fragment.ts'
import type { SocketOwner } from '../socket-owner.ts'
import { abort } from './life.ts'
import {
  algorithmOf,
  receiveMemory,
  sendMemory,
  settingsOf,
  type SocketOptions,
} from './socket-options.ts'
import type { Stack } from './stack.ts'
import { LISTEN } from './states.ts'

/** A listening socket; its row in the control blocks only holds address, port and state. */
export interface Listener {
  readonly row: number
  readonly address: number
  readonly port: number
  readonly backlog: number
  readonly owner: SocketOwner
  /** Memory of the buffers of what it accepts; locked when a program has set them. */
  readonly receiveMemory: number
  readonly receiveLocked: boolean
  readonly sendMemory: number
  algorithm: number
  settings: number
  ttl: number
  /** When its packets carry DF (dont-fragment.ts). */
  dontFragment: number
  /** Connections that wait to be accepted, oldest first from `head`. */
  readonly queue: number[]
  head: number
  /** Handshakes under way. */
  requests: number
  /** Those of them whose SYN+ACK has not been repeated yet. */
  young: number
  /** When the last cookie was sent, -1 for never. */
  overflowNs: number
}

export interface ListenOptions extends SocketOptions {
  /** 0: any address of the machine. */
  readonly address: number
  readonly port: number
  /** As given to listen(2): one connection more may wait to be accepted. */
  readonly backlog: number
  readonly owner: SocketOwner
}

/** Opens a listening socket: returns its row, -1 when the port is taken. */
export function listen(t: Stack, options: ListenOptions): number {
  const list = t.listenersByPort.get(options.port)
  const clash = list?.some((row) => {
    const { address } = t.listeners[row]!
    return address === 0 || options.address === 0 || address === options.address
  })
  if (clash === true) return -1
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
    sendMemory: sendMemory(options),
    algorithm: algorithmOf(options.congestion),
    settings: settingsOf(options),
    ttl: options.ttl ?? 0,
    dontFragment: modeOf(t.host, options.dontFragment),
    queue: [],
    head: 0,
    requests: 0,
    young: 0,
    overflowNs: -1,
  }
  if (list === undefined) t.listenersByPort.set(options.port, [row])
  else list.push(row)
  return row
}

/** Takes the oldest connection that waits; -1 when none does. */
export function accept(t: Stack, row: number): number {
  const listener = t.listeners[row]!
  const { queue } = listener
  if (listener.head === queue.length) return -1
  const socket = queue[listener.head++]!
  if (listener.head === queue.length || listener.head > 1024) {
    queue.splice(0, listener.head)
    listener.head = 0
  }
  return socket
}

/** Whether no more connections may wait: one more than the backlog do (sk_acceptq_is_full). */
export const isFull = (listener: Listener): boolean =>
  listener.queue.length - listener.head > listener.backlog

/** The listener bound to the address, or else to any. */
export function findListener(t: Stack, address: number, port: number): Listener | undefined {
  const list = t.listenersByPort.get(port)
  if (list === undefined) return undefined
  let any: Listener | undefined
  for (let i = 0; i < list.length; i++) {
    const listener = t.listeners[list[i]!]!
    if (listener.address === address) return listener
    if (listener.address === 0) any = listener
  }
  return any
}

/** Stops listening: what has not been accepted is reset, handshakes are forgotten. */
export function closeListener(t: Stack, row: number): void {
  const listener = t.listeners[row]!
  t.requests!.dropAllOf(listener)
  for (const socket of listener.queue.slice(listener.head)) abort(t, socket)
  const list = t.listenersByPort.get(listener.port)!
  list.splice(list.indexOf(row), 1)
  if (list.length === 0) t.listenersByPort.delete(listener.port)
  t.listeners[row] = undefined
  t.release(row)
}
