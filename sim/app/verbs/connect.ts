import type { SocketOwner } from '../../host/socket-owner.ts'
import type { Actor } from '../actor.ts'
import { numberOf } from '../endpoint.ts'
import { failed, type Outcome } from '../report.ts'
import { Script, type ScriptEnd } from '../script.ts'
import type { ConnectSettings, ContinueSettings } from '../settings.ts'
import { optionsOf } from '../socket-settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../../host/timers.ts'
import { aim, Repetition } from './repeat.ts'
import type { Held, Stage, Verb } from './verb.ts'

/** A connection whose program does a list of operations; without `close` it stays open. */
class Connection implements SocketOwner, Timed, ScriptEnd, Held {
  private readonly stage: Stage
  private readonly actor: Actor
  private readonly settings: ConnectSettings
  private readonly remote: number
  private readonly done: () => void
  private socket = -1
  private script: Script | undefined
  private timer: Timer = NO_TIMER
  private startedNs: number
  /** The step that is being done on this connection now. */
  private step: number
  private before = 0
  private queue: ContinueSettings[] = []
  private busy = true
  /** Our end of the connection: the socket may be gone when it is told. */
  private local = 0
  private localPort = 0

  constructor(stage: Stage, settings: ConnectSettings, remote: number, done: () => void) {
    this.stage = stage
    this.actor = stage.actors[settings.node]!
    this.settings = settings
    this.remote = remote
    this.done = done
    this.step = settings.index
    this.startedNs = this.actor.host.now
  }

  start(): void {
    const { tcp } = this.actor.host
    const { source, sourcePort, target, operations, timeoutNs, index } = this.settings
    const { ttl, dontFragment } = this.settings
    this.socket = tcp.connect({
      ...optionsOf(operations),
      owner: this,
      local: numberOf(this.actor.host, source),
      localPort: sourcePort,
      remote: this.remote,
      remotePort: target.port,
      dontFragment,
      ...(ttl === 0 ? {} : { ttl }),
    })
    if (this.socket < 0) {
      const outcome = tcp.lastError === 'unreachable' ? 'unreachable' : 'refused'
      this.stage.report.ended(index, failed('tcp', outcome, this.remote, target.port))
      return this.done()
    }
    // From now on, so that a step which goes on with it may come before it is made.
    this.stage.held.set(index, this)
    this.local = tcp.local(this.socket)
    this.localPort = tcp.localPort(this.socket)
    this.timer = this.actor.timers.after(timeoutNs, this, 0)
  }

  due(): void {
    this.timer = NO_TIMER
    this.fail('timeout')
  }

  /** Woken until the connection is made; then its script is. */
  wake(socket: number): void {
    const { tcp } = this.actor.host
    const error = tcp.error(socket)
    if (error !== '') return this.fail(error === 'in-use' ? 'refused' : error)
    if (!tcp.established(socket)) return
    this.cancelTimer()
    const { timeoutNs, index, operations } = this.settings
    const keeps = this.stage.report.wantsBody(index)
    this.script = new Script(this.actor, socket, timeoutNs, this, keeps)
    tcp.setOwner(socket, this.script)
    this.script.perform(operations)
  }

  scriptEnded(script: Script, outcome: Outcome): void {
    this.report(outcome)
    if (script.closed) this.letGo()
    this.busy = false
    if (this.step === this.settings.index) this.done()
    else this.stage.report.finished(this.step)
    this.next()
  }

  goOn(_step: number, settings: ContinueSettings): void {
    this.queue.push(settings)
    this.next()
  }

  private next(): void {
    const settings = this.busy ? undefined : this.queue.shift()
    if (settings === undefined) return
    const { script } = this
    this.step = settings.index
    if (script === undefined || script.closed) {
      this.report('closed')
      this.stage.report.finished(settings.index)
      return this.next()
    }
    this.busy = true
    this.startedNs = this.actor.host.now
    this.before = script.received.octets
    script.perform(settings.operations)
  }

  private fail(outcome: Outcome): void {
    this.cancelTimer()
    this.report(outcome)
    this.actor.host.tcp.close(this.socket)
    this.letGo()
    this.done()
    this.busy = false
    this.next()
  }

  /** No step finds the connection any more; a later one of the same step may have its place. */
  private letGo(): void {
    const { held } = this.stage
    if (held.get(this.settings.index) === this) held.delete(this.settings.index)
  }

  private report(outcome: Outcome): void {
    const { now } = this.actor.host
    const { script } = this
    this.stage.report.ended(this.step, {
      protocol: 'tcp',
      local: this.local,
      localPort: this.localPort,
      remote: this.remote,
      remotePort: this.settings.target.port,
      outcome,
      status: undefined,
      headers: [],
      body: script?.received.text,
      bytes: (script?.received.octets ?? 0) - this.before,
      tookNs: now - this.startedNs,
    })
  }

  private cancelTimer(): void {
    if (this.timer !== NO_TIMER) this.actor.timers.cancel(this.timer)
    this.timer = NO_TIMER
  }
}

export const connect: Verb<ConnectSettings> = {
  name: 'connect',
  sentence: 'opens a TCP connection and does operations on it',
  begin(stage, settings) {
    const actor = stage.actors[settings.node]!
    const attempt = (ended: () => void): void => {
      aim(actor, settings.target, settings.source, (found) => {
        if ('problem' in found) {
          const { problem } = found
          stage.report.ended(settings.index, failed('tcp', problem, 0, settings.target.port))
          return ended()
        }
        new Connection(stage, settings, found.address, ended).start()
      })
    }
    new Repetition(actor, stage.report, settings, attempt).begin()
  },
}

export const goOn: Verb<ContinueSettings> = {
  name: 'continue',
  sentence: 'lets the program of an open connection do more operations',
  begin(stage, settings) {
    const held = stage.held.get(settings.step)
    if (held !== undefined) return held.goOn(settings.index, settings)
    stage.report.ended(settings.index, failed('tcp', 'closed', 0, 0))
    stage.report.finished(settings.index)
  },
}
