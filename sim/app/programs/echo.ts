import type { SocketOwner } from '../../host/socket-owner.ts'
import { type Actor, ownerFor } from '../actor.ts'
import { Outbox } from '../outbox.ts'
import { numberOf } from '../endpoint.ts'
import { Listener } from './listener.ts'
import type { ProgramKind } from './program.ts'

/** Largest piece that is read and sent back at once. */
const PIECE = 16384

class EchoConnection implements SocketOwner {
  private readonly actor: Actor
  private readonly outbox: Outbox

  constructor(actor: Actor, socket: number) {
    this.actor = actor
    this.outbox = new Outbox(actor.host.tcp, socket)
  }

  wake(socket: number): void {
    const { tcp } = this.actor.host
    if (tcp.error(socket) !== '') return tcp.close(socket)
    while (this.outbox.flush()) {
      const count = Math.min(tcp.readable(socket), PIECE)
      if (count === 0) break
      const octets = new Uint8Array(count)
      tcp.read(socket, octets, count)
      this.outbox.add(octets)
    }
    if (this.outbox.empty && tcp.atEnd(socket)) tcp.close(socket)
  }
}

export const echo: ProgramKind = {
  name: 'echo',
  sentence: 'returns what comes (RFC 862), on TCP until the other side ends',
  start(actor, settings) {
    if (settings.protocol === 'tcp') {
      new Listener(actor, settings, (socket) => new EchoConnection(actor, socket))
      return
    }
    const { udp } = actor.host
    const owner: SocketOwner = {
      wake(socket) {
        for (let got = udp.receive(socket); got !== undefined; got = udp.receive(socket)) {
          udp.sendTo(socket, got.bytes, 0, got.bytes.length, got.from, got.fromPort, got.to)
        }
      },
    }
    const local = numberOf(actor.host, settings.address)
    udp.open({ owner: ownerFor(actor, owner), local, localPort: settings.port })
  },
}
