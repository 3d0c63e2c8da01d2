import type { SocketOwner } from '../host/socket-owner.ts'
import { parseEndpoint } from '../wire/address.ts'
import { encodeText } from '../wire/text.ts'
import { type Actor, ownerFor } from './actor.ts'
import { bracketed, numberOf } from './endpoint.ts'
import { Outbox } from './outbox.ts'
import type { Outcome } from './report.ts'
import { Received } from './received.ts'
import type { Operation } from './settings.ts'
import { applySettings } from './socket-settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../host/timers.ts'

/** What a script says when it comes to its end; the connection may still be open. */
export interface ScriptEnd {
  scriptEnded(script: Script, outcome: Outcome): void
}

const SLEEP = 0
const PATIENCE = 1

/**
 * A program that does one operation after the other on a TCP connection, as a blocking program
 * would: each operation waits for what it needs, and each wait has its patience.
 */
export class Script implements SocketOwner, Timed {
  readonly socket: number
  private readonly actor: Actor
  private readonly end: ScriptEnd
  private readonly outbox: Outbox
  private operations: readonly Operation[] = []
  private at = 0
  /** Octets that the current `receive` still wants. */
  private wanted = -1
  private timeoutNs: number
  private timer: Timer = NO_TIMER
  private sleeping = false
  private calling = false
  private running = false
  private ended = true
  /** What stands in `{node}` and `{peer}`. */
  private readonly words: Readonly<Record<string, string>>
  readonly received: Received
  /** Whether the program has closed its connection, or lost it. */
  closed = false

  constructor(actor: Actor, socket: number, timeoutNs: number, end: ScriptEnd, keeps: boolean) {
    this.actor = actor
    this.socket = socket
    this.timeoutNs = timeoutNs
    this.end = end
    const { tcp } = actor.host
    this.received = new Received(tcp, socket, keeps)
    this.outbox = new Outbox(tcp, socket)
    const { host } = actor
    const remote = tcp.remote(socket)
    const peer = host.addresses.endpoint(remote, tcp.remotePort(socket))
    this.words = { node: host.name, peer, 'peer-address': bracketed(host, remote) }
  }

  /** Begins to work on a list of operations; the one before it has ended. */
  perform(operations: readonly Operation[]): void {
    this.operations = operations
    this.at = 0
    this.ended = false
    this.wanted = -1
    this.run()
  }

  wake(): void {
    this.run()
  }

  due(what: number): void {
    this.timer = NO_TIMER
    if (what === SLEEP) {
      this.sleeping = false
      this.at++
      this.run()
    } else this.finish('timeout')
  }

  private run(): void {
    if (this.running || this.ended) return
    if (this.sleeping || this.calling) {
      // What is sent meanwhile goes on.
      this.outbox.flush()
      return
    }
    this.running = true
    const error = this.actor.host.tcp.error(this.socket)
    if (error !== '') {
      this.running = false
      return this.finish(error === 'in-use' ? 'refused' : error)
    }
    this.cancelTimer()
    while (!this.ended) {
      const operation = this.operations[this.at]
      if (operation === undefined) {
        // What was sent meanwhile has to be written before the program is through.
        if (!this.outbox.flush()) break
        this.finish('ok')
      } else if (this.step(operation)) this.at++
      else break
    }
    this.running = false
    if (!this.ended && !this.sleeping && !this.calling && this.timer === NO_TIMER) {
      this.timer = this.actor.timers.after(this.timeoutNs, this, PATIENCE)
    }
  }

  /** Does an operation; true when it is done, false when it waits. */
  private step(operation: Operation): boolean {
    const { tcp } = this.actor.host
    switch (operation.kind) {
      case 'send':
        return this.send(operation)
      case 'say':
        return this.say(operation.text, operation.size)
      case 'receive':
        return this.receive(operation.until)
      case 'receive-slowly':
        return this.receiveSlowly(operation.upTo, operation.everyNs)
      case 'sleep':
        return this.sleep(operation.forNs)
      case 'set':
        applySettings(this.actor, this.socket, operation.options)
        return true
      case 'call':
        return this.call(operation)
      case 'shutdown':
        if (!this.outbox.flush()) return false
        tcp.shutdown(this.socket)
        return true
      case 'close':
        if (!this.outbox.flush()) return false
        this.closed = true
        tcp.close(this.socket)
        return true
      case 'abort':
        this.closed = true
        tcp.abort(this.socket)
        return true
    }
  }

  private send(operation: Extract<Operation, { kind: 'send' }>): boolean {
    if (this.wanted < 0) {
      if (!this.outbox.flush()) return false
      for (let i = 0; i < operation.times; i++) this.outbox.addPattern(operation.size)
      this.wanted = 0
    }
    if (!this.outbox.flush() && !operation.meanwhile) return false
    this.wanted = -1
    return true
  }

  private say(text: string, size: number | undefined): boolean {
    if (this.wanted < 0) {
      if (!this.outbox.flush()) return false
      const octets = encodeText(this.filled(text))
      const whole = new Uint8Array(Math.max(octets.length, size ?? 0)).fill(0x2e)
      whole.set(octets)
      this.outbox.add(whole)
      this.wanted = 0
    }
    if (!this.outbox.flush()) return false
    this.wanted = -1
    return true
  }

  /** `{node}` and `{peer}` replaced; nothing else is. */
  private filled(text: string): string {
    return text.replace(/\{(node|peer|peer-address)\}/g, (_, word: string) => this.words[word]!)
  }

  private receive(until: number | 'any' | 'end'): boolean {
    this.outbox.flush()
    const { tcp } = this.actor.host
    if (until === 'any') {
      const there = tcp.readable(this.socket)
      if (there > 0) this.received.take(there)
      else if (tcp.atEnd(this.socket)) this.finish('closed')
      else return false
      return !this.ended
    }
    if (until === 'end') {
      this.received.take(tcp.readable(this.socket))
      return tcp.atEnd(this.socket)
    }
    if (this.wanted < 0) this.wanted = until
    const there = Math.min(tcp.readable(this.socket), this.wanted)
    this.received.take(there)
    this.wanted -= there
    if (this.wanted > 0) {
      if (!tcp.atEnd(this.socket)) return false
      // The other side ended before everything came: the program gives up.
      this.finish('closed')
      return false
    }
    this.wanted = -1
    return true
  }

  private receiveSlowly(upTo: number, everyNs: number): boolean {
    this.outbox.flush()
    const { tcp } = this.actor.host
    this.received.take(Math.min(tcp.readable(this.socket), upTo))
    if (tcp.atEnd(this.socket)) return true
    this.sleeping = true
    this.at--
    this.timer = this.actor.timers.after(everyNs, this, SLEEP)
    return false
  }

  private sleep(forNs: number): boolean {
    this.outbox.flush()
    this.sleeping = true
    this.timer = this.actor.timers.after(forNs, this, SLEEP)
    return false
  }

  /** A connection back, with a script of its own; this one waits for its end. */
  private call(operation: Extract<Operation, { kind: 'call' }>): boolean {
    const endpoint = parseEndpoint(this.filled(operation.to))
    if (endpoint?.port === undefined) {
      this.finish('unreachable')
      return false
    }
    const caller = new Caller(this.actor, this.timeoutNs, operation.operations, () => {
      this.calling = false
      this.at++
      this.run()
    })
    const remote = numberOf(this.actor.host, endpoint.address)
    this.calling = caller.start(remote, endpoint.port, operation.sourcePort)
    if (!this.calling) this.finish('unreachable')
    return false
  }

  private finish(outcome: Outcome): void {
    if (this.ended) return
    this.ended = true
    this.cancelTimer()
    // A program that fails ends, and the kernel closes what it leaves open.
    if (outcome !== 'ok' && !this.closed) {
      this.closed = true
      this.actor.host.tcp.close(this.socket)
    }
    this.end.scriptEnded(this, outcome)
  }

  private cancelTimer(): void {
    if (this.timer !== NO_TIMER) this.actor.timers.cancel(this.timer)
    this.timer = NO_TIMER
  }
}

/** The script behind a `call`. */
class Caller implements SocketOwner, ScriptEnd {
  private readonly actor: Actor
  private readonly timeoutNs: number
  private readonly operations: readonly Operation[]
  private readonly done: () => void
  private socket = -1

  constructor(actor: Actor, timeoutNs: number, operations: readonly Operation[], done: () => void) {
    this.actor = actor
    this.timeoutNs = timeoutNs
    this.operations = operations
    this.done = done
  }

  start(remote: number, remotePort: number, localPort: number): boolean {
    const owner = ownerFor(this.actor, this)
    this.socket = this.actor.host.tcp.connect({ owner, remote, remotePort, localPort })
    return this.socket >= 0
  }

  wake(): void {
    const { tcp } = this.actor.host
    if (tcp.error(this.socket) !== '') {
      tcp.close(this.socket)
      return this.done()
    }
    if (!tcp.established(this.socket)) return
    const script = new Script(this.actor, this.socket, this.timeoutNs, this, false)
    tcp.setOwner(this.socket, script)
    script.perform(this.operations)
  }

  scriptEnded(script: Script): void {
    if (!script.closed) this.actor.host.tcp.close(this.socket)
    this.done()
  }
}
