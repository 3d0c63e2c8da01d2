import type { SocketOption, SocketOptions } from '../host/tcp/index.ts'
import type { Actor } from './actor.ts'
import type { Operation, SocketSettings } from './settings.ts'

/** Changes the options of an open connection. */
export function applySettings(actor: Actor, socket: number, options: SocketSettings): void {
  const { tcp } = actor.host
  const set = (name: SocketOption, value: number | string | boolean | undefined): void => {
    if (value !== undefined)
      tcp.setOption(socket, name, typeof value === 'boolean' ? Number(value) : value)
  }
  set('nodelay', options.noDelay)
  set('cork', options.cork)
  set('ttl', options.ttl)
  set('receive-buffer', options.receiveBuffer)
  set('send-buffer', options.sendBuffer)
  set('user-timeout', options.userTimeoutNs)
  set('congestion', options.congestion)
  const { keepAlive } = options
  if (keepAlive === undefined) return
  set('keepalive-idle', keepAlive.idleNs)
  set('keepalive-interval', keepAlive.intervalNs)
  set('keepalive-probes', keepAlive.probes)
  set('keepalive', true)
}

/** The options that a leading `set` gives a connection before it is made; only what it sets. */
export function optionsOf(operations: readonly Operation[]): SocketOptions {
  const first = operations[0]
  if (first?.kind !== 'set') return {}
  const { receiveBuffer, sendBuffer, congestion, noDelay, cork, ttl } = first.options
  return {
    ...(receiveBuffer === undefined ? {} : { receiveBuffer }),
    ...(sendBuffer === undefined ? {} : { sendBuffer }),
    ...(congestion === undefined ? {} : { congestion }),
    ...(noDelay === undefined ? {} : { nodelay: noDelay }),
    ...(cork === undefined ? {} : { cork }),
    ...(ttl === undefined ? {} : { ttl }),
  }
}
