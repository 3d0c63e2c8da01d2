import type { SocketOwner } from '../host/socket-owner.ts'
import type { Actor } from './actor.ts'
import { Timers } from '../host/timers.ts'

/**
 * A program that steps may stop or let stand still, as its kernel sees it: sockets that wake it and
 * timers of its own. Programs that no step speaks of do without.
 */
export class Process {
  /** The machine as this program sees it. */
  readonly actor: Actor
  private readonly timers: Timers
  private readonly missed: { readonly gate: Gate; readonly socket: number }[] = []
  private frozen = false

  constructor(actor: Actor) {
    this.timers = new Timers(actor.host.world.agenda)
    this.actor = { ...actor, timers: this.timers, process: this }
  }

  /** What a socket wakes in place of `owner`, so that this process can be stopped. */
  gate(owner: SocketOwner): SocketOwner {
    return new Gate(this, owner)
  }

  /** The program runs no further (SIGSTOP); its kernel goes on for it. */
  freeze(): void {
    this.frozen = true
    this.timers.freeze()
  }

  /** It goes on (SIGCONT): what it has missed happens now, in its order. */
  thaw(): void {
    this.frozen = false
    for (const { gate, socket } of this.missed.splice(0)) gate.wake(socket)
    this.timers.thaw()
  }

  /**
   * It is ended (SIGKILL) and its kernel closes its sockets: connections with FIN, or with RST
   * where something is unread or was never accepted.
   */
  kill(): void {
    const { tcp, udp } = this.actor.host
    this.abandon()
    const mine = (owner: SocketOwner): boolean => owner instanceof Gate && owner.process === this
    for (const socket of tcp.ownedBy(mine)) tcp.close(socket)
    for (const socket of udp.ownedBy(mine)) udp.close(socket)
  }

  /** Its machine has lost its power. */
  abandon(): void {
    this.timers.clear()
    this.missed.length = 0
  }

  /** One of its sockets has something for it. */
  woken(gate: Gate, socket: number): void {
    if (!this.frozen) gate.owner.wake(socket)
    else if (!this.missed.some((one) => one.gate === gate && one.socket === socket)) {
      this.missed.push({ gate, socket })
    }
  }
}

/** Stands between a socket and the part of a program that owns it. */
class Gate implements SocketOwner {
  readonly process: Process
  readonly owner: SocketOwner

  constructor(process: Process, owner: SocketOwner) {
    this.process = process
    this.owner = owner
  }

  wake(socket: number): void {
    this.process.woken(this, socket)
  }
}
