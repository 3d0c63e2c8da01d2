import type { Stream } from '../../engine/chance.ts'
import type { SocketOwner } from '../../host/socket-owner.ts'
import { KnownHeads } from '../../wire/http-heads.ts'
import { MessageReader, writeHead } from '../../wire/http.ts'
import type { Actor } from '../actor.ts'
import { type Ended, failed, type Outcome } from '../report.ts'
import { sendersOf } from '../senders.ts'
import type { LoadSettings } from '../settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../../host/timers.ts'
import { aim } from './repeat.ts'
import type { Stage, Verb } from './verb.ts'

const NS_PER_S = 1_000_000_000
/** A program that fails without waiting still takes this long to try again. */
const SHORTEST_REST_NS = 1000

/** A request of `size` octets, padded by a header when it would be shorter. */
function requestOf(settings: LoadSettings): Uint8Array {
  const path = settings.path ?? '/'
  const line = `GET ${path} HTTP/1.1`
  const headers: [string, string][] = [
    ['Host', settings.host],
    ['User-Agent', 'vipwire'],
    ['Accept', '*/*'],
  ]
  const plain = writeHead(line, headers)
  const missing = settings.size - plain.length
  if (missing <= 0) return plain
  // `X-Padding: ` and its line end take 13 octets; less cannot be added by a header.
  if (missing < 13)
    return writeHead(
      `GET ${path}${path.includes('?') ? '&' : '?'}${'x'.repeat(missing - 1)} HTTP/1.1`,
      headers,
    )
  return writeHead(line, [...headers, ['X-Padding', 'x'.repeat(missing - 13)]])
}

/** One visit: a connection, a request, its response, closed by the client. */
class Visit implements SocketOwner, Timed {
  private readonly load: Load
  private readonly socket: number
  private readonly startedNs: number
  private readonly reader: MessageReader | undefined
  private timer: Timer = NO_TIMER
  private asked = false
  private over = false

  constructor(load: Load, local: number) {
    this.load = load
    const { settings, actor, remote } = load
    const { tcp } = actor.host
    this.startedNs = actor.host.now
    this.reader =
      settings.path === undefined ? undefined : new MessageReader('response', 0, load.heads)
    this.socket = tcp.connect({ owner: this, local, remote, remotePort: settings.target.port })
    if (this.socket < 0) {
      this.over = true
      const outcome = tcp.lastError === 'unreachable' ? 'unreachable' : 'refused'
      load.ended(failed('tcp', outcome, remote, settings.target.port))
    } else this.timer = actor.timers.after(settings.timeoutNs, this, 0)
  }

  due(): void {
    this.timer = NO_TIMER
    this.end('timeout')
  }

  wake(socket: number): void {
    if (this.over) return
    const { tcp } = this.load.actor.host
    const error = tcp.error(socket)
    if (error !== '') return this.end(error === 'in-use' ? 'refused' : error)
    if (!tcp.established(socket)) return
    const { reader } = this
    if (reader === undefined) return this.end('ok')
    if (!this.asked) {
      this.asked = true
      // A fresh connection's send buffer holds any request.
      tcp.write(socket, this.load.request, 0, this.load.request.length)
    }
    const count = tcp.readable(socket)
    if (count > 0) {
      const octets = new Uint8Array(count)
      tcp.read(socket, octets, count)
      reader.push(octets)
    }
    const atEnd = tcp.atEnd(socket)
    if (atEnd) reader.end()
    if (reader.complete) this.end('ok')
    else if (atEnd || reader.problem !== undefined) this.end('closed')
  }

  private end(outcome: Outcome): void {
    this.over = true
    const { actor, remote, settings } = this.load
    const { tcp, now } = actor.host
    if (this.timer !== NO_TIMER) actor.timers.cancel(this.timer)
    const local = tcp.local(this.socket)
    const localPort = tcp.localPort(this.socket)
    tcp.close(this.socket)
    const { reader } = this
    this.load.ended({
      protocol: 'tcp',
      local,
      localPort,
      remote,
      remotePort: settings.target.port,
      outcome,
      status: reader?.headDone === true ? reader.status : undefined,
      headers: reader?.headers ?? [],
      body: undefined,
      bytes: reader?.bodyOctets ?? 0,
      tookNs: now - this.startedNs,
    })
  }
}

/** Visits that arrive by a rule, for a time. */
class Load {
  readonly stage: Stage
  readonly actor: Actor
  readonly settings: LoadSettings
  readonly remote: number
  readonly request: Uint8Array
  readonly heads: KnownHeads = new KnownHeads()
  private readonly stream: Stream
  private readonly handler: number
  private readonly startNs: number
  private readonly sources: number[]
  /** Visits so far. */
  private arrivals = 0
  /** Visits under way, or users who are not done. */
  private open = 0
  private arriving = true

  constructor(stage: Stage, settings: LoadSettings, remote: number) {
    this.stage = stage
    this.actor = stage.actors[settings.node]!
    this.settings = settings
    this.remote = remote
    this.request = requestOf(settings)
    const { world, name } = this.actor.host
    this.stream = world.chance.stream(`${name} load ${settings.index}`)
    this.handler = world.agenda.register(() => this.arrive())
    this.startNs = world.agenda.now
    this.sources = sendersOf(this.actor.host.addresses, settings.sources)
  }

  begin(): void {
    const { arrivals } = this.settings
    if (arrivals.kind !== 'closed') return this.arrive()
    this.arriving = false
    this.open = arrivals.users
    for (let user = 0; user < arrivals.users; user++) this.visit()
  }

  /** A visit has ended; a busy user begins another while there is time. */
  ended(ended: Ended): void {
    const { report } = this.stage
    report.ended(this.settings.index, ended)
    if (this.settings.arrivals.kind === 'closed' && this.inTime()) {
      // In an event of its own, so that a visit that fails at once does not begin the next inside
      // it; and a while later, so that time goes on when all of them fail at once.
      const { now, wakeNs } = this.actor.host
      this.schedule(now + (ended.outcome === 'ok' ? 0 : Math.max(wakeNs, SHORTEST_REST_NS)))
      return
    }
    this.leave()
  }

  private arrive(): void {
    if (this.actor.host.down) return
    const { arrivals } = this.settings
    if (arrivals.kind === 'closed') {
      if (this.inTime()) this.visit()
      else this.leave()
      return
    }
    this.open++
    this.visit()
    const { now } = this.actor.host
    const gap =
      arrivals.kind === 'constant'
        ? this.startNs + Math.round((this.arrivals * NS_PER_S) / arrivals.perSecond) - now
        : Math.round(this.stream.exponential(NS_PER_S / arrivals.perSecond))
    if (now + gap < this.startNs + this.settings.forNs) return this.schedule(now + gap)
    this.arriving = false
    this.finishIfOver()
  }

  private visit(): void {
    const { length } = this.sources
    const local = length === 0 ? 0 : this.sources[this.arrivals % length]!
    this.arrivals++
    new Visit(this, local)
  }

  /** A visitor is gone for good. */
  private leave(): void {
    this.open--
    this.finishIfOver()
  }

  private inTime(): boolean {
    return this.actor.host.now < this.startNs + this.settings.forNs
  }

  private schedule(at: number): void {
    this.actor.host.world.agenda.schedule(at, this.handler, 0, 0)
  }

  private finishIfOver(): void {
    if (!this.arriving && this.open === 0) this.stage.report.finished(this.settings.index)
  }
}

export const load: Verb<LoadSettings> = {
  name: 'load',
  sentence: 'visits that arrive at a constant rate, at random, or from so many busy users',
  begin(stage, settings) {
    aim(stage.actors[settings.node]!, settings.target, settings.sources?.[0], (found) => {
      if ('address' in found) return new Load(stage, settings, found.address).begin()
      stage.report.ended(settings.index, failed('tcp', found.problem, 0, settings.target.port))
      stage.report.finished(settings.index)
    })
  },
}
