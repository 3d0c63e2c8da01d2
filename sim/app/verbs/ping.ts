import { familyOf } from '../../host/ip.ts'
import type { EchoAnswer } from '../../host/echo.ts'
import { meaningOf, TOO_BIG } from '../../host/icmp-meaning.ts'
import type { SocketOwner } from '../../host/socket-owner.ts'
import type { Actor } from '../actor.ts'
import { numberOf } from '../endpoint.ts'
import { failed, type Outcome } from '../report.ts'
import type { PingSettings } from '../settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../../host/timers.ts'
import { aim } from './repeat.ts'
import type { Stage, Verb } from './verb.ts'

/** The timer that sends the next request; others are patience, numbered by their sequence. */
const SEND = 0

/** One ping: `times` requests with rising sequence numbers from one socket. */
class Ping implements SocketOwner, Timed {
  private readonly stage: Stage
  private readonly actor: Actor
  private readonly settings: PingSettings
  private readonly remote: number
  private readonly socket: number
  private sent = 0
  private ended = 0
  private readonly patience: Timer[] = []
  private readonly sentNs: number[] = []

  constructor(stage: Stage, settings: PingSettings, remote: number) {
    this.stage = stage
    this.actor = stage.actors[settings.node]!
    this.settings = settings
    this.remote = remote
    this.socket = this.actor.host.icmp.echo.open(this, settings.ident)
  }

  due(what: number): void {
    if (what === SEND) this.send()
    else this.end(what, 'timeout', 0)
  }

  send(): void {
    const sequence = ++this.sent
    const { times, everyNs, timeoutNs, size, ttl, source, dontFragment } = this.settings
    const { host, timers } = this.actor
    const from = numberOf(host, source)
    this.sentNs[sequence] = host.now
    this.patience[sequence] = timers.after(timeoutNs, this, sequence)
    if (sequence < times) timers.after(everyNs ?? 1_000_000_000, this, SEND)
    const { echo } = host.icmp
    if (!echo.send(this.socket, this.remote, sequence, size, ttl, from, dontFragment)) {
      this.end(sequence, 'unreachable', 0)
    }
  }

  wake(): void {
    const { echo } = this.actor.host.icmp
    for (let got = echo.receive(this.socket); got !== undefined; got = echo.receive(this.socket)) {
      const outcome = got.isReply ? 'ok' : outcomeOf(this.remote, got)
      this.end(got.sequence, outcome, got.size)
    }
  }

  private end(sequence: number, outcome: Outcome, octets: number): void {
    const timer = this.patience[sequence] ?? NO_TIMER
    if (timer === NO_TIMER) return
    this.actor.timers.cancel(timer)
    this.patience[sequence] = NO_TIMER
    const { host } = this.actor
    const ident = host.icmp.echo.ident(this.socket)
    this.stage.report.ended(this.settings.index, {
      protocol: 'icmp',
      local: host.ip.sourceFor(this.remote),
      localPort: ident,
      remote: this.remote,
      remotePort: ident,
      outcome,
      status: undefined,
      headers: [],
      body: undefined,
      bytes: octets,
      tookNs: host.now - this.sentNs[sequence]!,
    })
    if (++this.ended < this.settings.times) return
    host.icmp.echo.close(this.socket)
    this.stage.report.finished(this.settings.index)
  }
}

/** What an ICMP error means for who pings. */
function outcomeOf(remote: number, { type, code }: EchoAnswer): Outcome {
  return meaningOf(familyOf(remote), type, code) === TOO_BIG ? 'too-big' : 'unreachable'
}

export const ping: Verb<PingSettings> = {
  name: 'ping',
  sentence: 'sends ICMP echo requests and waits for the replies',
  begin(stage, settings) {
    aim(stage.actors[settings.node]!, settings.target, settings.source, (found) => {
      if ('address' in found) return new Ping(stage, settings, found.address).send()
      for (let i = 0; i < settings.times; i++) {
        stage.report.ended(settings.index, failed('icmp', found.problem, 0, 0))
      }
      stage.report.finished(settings.index)
    })
  },
}
