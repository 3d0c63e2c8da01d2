import type { SocketOwner } from '../../host/socket-owner.ts'
import { type Actor, ownerFor } from '../actor.ts'
import type { ProgramSettings } from '../settings.ts'
import { numberOf } from '../endpoint.ts'
import { optionsOf } from '../socket-settings.ts'

/** Makes the program's part of a new connection: whoever owns its socket from then on. */
export type Welcome = (socket: number) => SocketOwner

/** A listening TCP socket whose program accepts whatever comes. */
export class Listener implements SocketOwner {
  private readonly actor: Actor
  private readonly welcome: Welcome
  private readonly listener: number

  constructor(actor: Actor, settings: ProgramSettings, welcome: Welcome) {
    this.actor = actor
    this.welcome = welcome
    const { address, port, backlog, run, receiveBuffer, sendBuffer, congestion } = settings
    this.listener = actor.host.tcp.listen({
      owner: ownerFor(actor, this),
      address: numberOf(actor.host, address),
      port,
      backlog,
      congestion,
      receiveBuffer,
      sendBuffer,
      ...(run.kind === 'script' ? optionsOf(run.operations) : {}),
    })
  }

  wake(): void {
    const { tcp } = this.actor.host
    for (let socket = tcp.accept(this.listener); socket >= 0; socket = tcp.accept(this.listener)) {
      const owner = this.welcome(socket)
      tcp.setOwner(socket, ownerFor(this.actor, owner))
      owner.wake(socket)
    }
  }
}
