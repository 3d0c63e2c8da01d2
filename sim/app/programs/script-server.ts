import type { SocketOwner } from '../../host/socket-owner.ts'
import { encodeText } from '../../wire/text.ts'
import { type Actor, ownerFor } from '../actor.ts'
import { PATTERN, PATTERN_LEN } from '../pattern.ts'
import { Script, type ScriptEnd } from '../script.ts'
import type { Operation, ProgramSettings } from '../settings.ts'
import { numberOf } from '../endpoint.ts'
import type { Timed } from '../../host/timers.ts'
import { Listener } from './listener.ts'
import type { ProgramKind } from './program.ts'

/** How long a server's script waits for what it wants before it gives up: practically for ever. */
const PATIENCE_NS = 86_400_000_000_000

/** A script on an accepted connection. When it ends without `close`, the program closes. */
class ScriptConnection implements SocketOwner, ScriptEnd {
  private readonly actor: Actor
  private readonly operations: readonly Operation[]
  private readonly script: Script
  private started = false

  constructor(actor: Actor, socket: number, operations: readonly Operation[]) {
    this.actor = actor
    this.operations = operations
    this.script = new Script(actor, socket, PATIENCE_NS, this, false)
  }

  wake(): void {
    if (this.started) return this.script.wake()
    this.started = true
    this.script.perform(this.operations)
  }

  scriptEnded(script: Script): void {
    if (!script.closed) this.actor.host.tcp.close(script.socket)
  }
}

/** A script that runs for each datagram: `receive` is that datagram, `send` answers its sender. */
class DatagramScript implements Timed {
  private readonly actor: Actor
  private readonly socket: number
  private readonly operations: readonly Operation[]
  private readonly from: number
  private readonly fromPort: number
  private readonly to: number
  private at = 0

  constructor(
    actor: Actor,
    socket: number,
    operations: readonly Operation[],
    from: number,
    fromPort: number,
    to: number,
  ) {
    this.actor = actor
    this.socket = socket
    this.operations = operations
    this.from = from
    this.fromPort = fromPort
    this.to = to
  }

  due(): void {
    this.run()
  }

  run(): void {
    for (;;) {
      const operation = this.operations[this.at++]
      if (operation === undefined || operation.kind === 'close') return
      if (operation.kind === 'sleep') {
        this.actor.timers.after(operation.forNs, this, 0)
        return
      }
      if (operation.kind === 'send') {
        for (let i = 0; i < operation.times; i++) {
          this.answer(PATTERN.slice(0, Math.min(operation.size, PATTERN_LEN)))
        }
      }
      if (operation.kind === 'say') this.answer(this.spoken(operation.text, operation.size ?? 0))
    }
  }

  private spoken(text: string, size: number): Uint8Array {
    const peer = this.actor.host.addresses.endpoint(this.from, this.fromPort)
    const filled = text.replaceAll('{node}', this.actor.host.name).replaceAll('{peer}', peer)
    const octets = encodeText(filled)
    const whole = new Uint8Array(Math.max(octets.length, size)).fill(0x2e)
    whole.set(octets)
    return whole
  }

  private answer(octets: Uint8Array): void {
    const { udp } = this.actor.host
    udp.sendTo(this.socket, octets, 0, octets.length, this.from, this.fromPort, this.to)
  }
}

export const script: ProgramKind = {
  name: 'script',
  sentence: 'does a list of operations on each accepted connection, or for each datagram',
  start(actor, settings: ProgramSettings) {
    if (settings.run.kind !== 'script') return
    const { operations } = settings.run
    if (settings.protocol === 'tcp') {
      new Listener(actor, settings, (socket) => new ScriptConnection(actor, socket, operations))
      return
    }
    const { udp } = actor.host
    const owner: SocketOwner = {
      wake(socket) {
        for (let got = udp.receive(socket); got !== undefined; got = udp.receive(socket)) {
          const { from, fromPort, to } = got
          new DatagramScript(actor, socket, operations, from, fromPort, to).run()
        }
      },
    }
    const local = numberOf(actor.host, settings.address)
    udp.open({ owner: ownerFor(actor, owner), local, localPort: settings.port })
  },
}
