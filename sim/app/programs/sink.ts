import type { SocketOwner } from '../../host/socket-owner.ts'
import { type Actor, ownerFor } from '../actor.ts'
import { numberOf } from '../endpoint.ts'
import { Listener } from './listener.ts'
import type { ProgramKind } from './program.ts'

class SinkConnection implements SocketOwner {
  private readonly actor: Actor

  constructor(actor: Actor) {
    this.actor = actor
  }

  wake(socket: number): void {
    const { tcp } = this.actor.host
    if (tcp.error(socket) !== '') return tcp.close(socket)
    const there = tcp.readable(socket)
    if (there > 0) tcp.read(socket, undefined, there)
    if (tcp.atEnd(socket)) tcp.close(socket)
  }
}

export const sink: ProgramKind = {
  name: 'sink',
  sentence: 'reads to the end and closes (RFC 863); on UDP it takes every datagram and is silent',
  start(actor, settings) {
    if (settings.protocol === 'tcp') {
      new Listener(actor, settings, () => new SinkConnection(actor))
      return
    }
    const local = numberOf(actor.host, settings.address)
    const owner = ownerFor(actor, { wake() {} })
    actor.host.udp.open({ owner, local, localPort: settings.port, discard: true })
  },
}
