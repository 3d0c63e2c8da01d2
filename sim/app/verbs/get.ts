import type { SocketOwner } from '../../host/socket-owner.ts'
import { mergedHeaders, MessageReader, writeHead } from '../../wire/http.ts'
import { encodeText } from '../../wire/text.ts'
import type { Actor } from '../actor.ts'
import { numberOf } from '../endpoint.ts'
import { Outbox } from '../outbox.ts'
import { PATTERN, PATTERN_LEN } from '../pattern.ts'
import { failed, type Outcome } from '../report.ts'
import type { RequestSettings } from '../settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../../host/timers.ts'
import { aim, Repetition } from './repeat.ts'
import type { Stage, Verb } from './verb.ts'

/** The version of curl whose bytes `get` and `post` send. */
const USER_AGENT = 'curl/8.14.1'
/** Octets of a body that are kept when somebody wants to see it. */
const KEPT_BODY = 65536

/** What a timer is for. */
const PATIENCE = 0
const REST = 1

/** The request as curl writes it, in one piece. */
export function writeRequest(settings: RequestSettings): {
  head: Uint8Array
  body: Uint8Array | undefined
} {
  const own: [string, string][] = [
    ['Host', settings.host],
    ['User-Agent', USER_AGENT],
    ['Accept', '*/*'],
  ]
  const body = settings.body === undefined ? undefined : encodeText(settings.body)
  if (settings.verb === 'post') {
    own.push(['Content-Length', String(body?.length ?? settings.size)])
    own.push(['Content-Type', 'application/x-www-form-urlencoded'])
  }
  const line = `${settings.verb === 'get' ? 'GET' : 'POST'} ${settings.path} HTTP/1.1`
  return { head: writeHead(line, mergedHeaders(own, settings.headers)), body }
}

/** A client's connection for one request, or for several one after the other. */
class Exchange implements SocketOwner, Timed {
  private readonly stage: Stage
  private readonly actor: Actor
  private readonly settings: RequestSettings
  private readonly remote: number
  /** Called after each response; true: one more request on this connection. */
  private readonly done: () => boolean
  private readonly reader: MessageReader
  private readonly keeps: boolean
  private socket = -1
  private outbox: Outbox | undefined
  private startedNs: number
  private timer: Timer = NO_TIMER
  private asked = false
  private over = false
  /** Between two requests of one connection. */
  private resting = false

  constructor(stage: Stage, settings: RequestSettings, remote: number, done: () => boolean) {
    this.stage = stage
    this.actor = stage.actors[settings.node]!
    this.settings = settings
    this.remote = remote
    this.done = done
    this.keeps = stage.report.wantsBody(settings.index)
    this.reader = new MessageReader('response', this.keeps ? KEPT_BODY : 0)
    this.startedNs = this.actor.host.now
  }

  start(): void {
    const { tcp } = this.actor.host
    const { source, sourcePort, target, ttl, dontFragment } = this.settings
    this.socket = tcp.connect({
      owner: this,
      local: numberOf(this.actor.host, source),
      localPort: sourcePort,
      remote: this.remote,
      remotePort: target.port,
      ttl,
      dontFragment,
    })
    if (this.socket < 0) {
      this.over = true
      const outcome = tcp.lastError === 'unreachable' ? 'unreachable' : 'refused'
      this.stage.report.ended(this.settings.index, failed('tcp', outcome, this.remote, target.port))
      return this.rest()
    }
    this.outbox = new Outbox(tcp, this.socket)
    this.beginWait()
  }

  due(what: number): void {
    this.timer = NO_TIMER
    if (what === PATIENCE) this.end('timeout')
    else this.again()
  }

  wake(): void {
    if (this.over || this.resting) return
    const { tcp } = this.actor.host
    const error = tcp.error(this.socket)
    if (error !== '') return this.end(error === 'in-use' ? 'refused' : error)
    if (!tcp.established(this.socket)) return
    if (!this.asked) this.ask()
    this.outbox!.flush()
    this.read()
  }

  private ask(): void {
    this.asked = true
    this.beginWait()
    const { head, body } = writeRequest(this.settings)
    const { size } = this.settings
    if (body === undefined && size > 0) {
      const first = Math.min(size, PATTERN_LEN - head.length)
      const whole = new Uint8Array(head.length + first)
      whole.set(head)
      whole.set(PATTERN.subarray(0, first), head.length)
      this.outbox!.add(whole)
      this.outbox!.addPattern(size - first)
      return
    }
    const whole = new Uint8Array(head.length + (body?.length ?? 0))
    whole.set(head)
    if (body !== undefined) whole.set(body, head.length)
    this.outbox!.add(whole)
  }

  private read(): void {
    const { tcp } = this.actor.host
    const count = tcp.readable(this.socket)
    if (count > 0) {
      const octets = new Uint8Array(count)
      tcp.read(this.socket, octets, count)
      this.reader.push(octets)
    }
    if (tcp.atEnd(this.socket)) this.reader.end()
    if (this.reader.complete) this.end('ok')
    else if (this.reader.problem !== undefined || tcp.atEnd(this.socket)) this.end('closed')
  }

  /** Patience begins anew with each wait: for the connection, then for the response. */
  private beginWait(): void {
    this.cancelTimer()
    this.timer = this.actor.timers.after(this.settings.timeoutNs, this, PATIENCE)
  }

  private cancelTimer(): void {
    if (this.timer !== NO_TIMER) this.actor.timers.cancel(this.timer)
    this.timer = NO_TIMER
  }

  private end(outcome: Outcome): void {
    this.cancelTimer()
    this.report(outcome)
    if (outcome !== 'ok' || this.reader.closes || !this.settings.keepAlive) this.close()
    this.rest()
  }

  /** Waits for the next repetition's turn, or ends. */
  private rest(): void {
    if (!this.done()) return this.close()
    this.resting = true
    const { everyNs } = this.settings
    const dueNs = this.startedNs + (everyNs ?? 0)
    // In an event of its own even when it is due: attempts that fail at once must not nest.
    const restNs = Math.max(0, dueNs - this.actor.host.now)
    this.timer = this.actor.timers.after(restNs, this, REST)
  }

  private report(outcome: Outcome): void {
    const { tcp, now } = this.actor.host
    const { reader } = this
    this.stage.report.ended(this.settings.index, {
      protocol: 'tcp',
      local: tcp.local(this.socket),
      localPort: tcp.localPort(this.socket),
      remote: this.remote,
      remotePort: this.settings.target.port,
      outcome,
      status: reader.headDone ? reader.status : undefined,
      headers: reader.headers,
      body: this.keeps ? reader.body : undefined,
      bytes: reader.bodyOctets,
      tookNs: now - this.startedNs,
    })
  }

  /** The next request: on this connection, or on a new one when this did not stay, as curl does. */
  private again(): void {
    const { tcp, now } = this.actor.host
    this.resting = false
    const alive = !this.over && tcp.error(this.socket) === '' && !tcp.atEnd(this.socket)
    if (!alive) {
      this.close()
      new Exchange(this.stage, this.settings, this.remote, this.done).start()
      return
    }
    this.reader.next()
    this.asked = false
    this.startedNs = now
    this.wake()
  }

  private close(): void {
    if (!this.over) this.actor.host.tcp.close(this.socket)
    this.over = true
  }
}

function begin(stage: Stage, settings: RequestSettings): void {
  const actor = stage.actors[settings.node]!
  const { target } = settings
  const fail = (outcome: Outcome): void => {
    stage.report.ended(settings.index, failed('tcp', outcome, 0, target.port))
  }
  if (settings.keepAlive) {
    aim(actor, target, settings.source, (found) => {
      let left = settings.times
      if ('problem' in found) {
        while (left-- > 0) fail(found.problem)
        return stage.report.finished(settings.index)
      }
      new Exchange(stage, settings, found.address, () => {
        left--
        if (left === 0) stage.report.finished(settings.index)
        return left > 0
      }).start()
    })
    return
  }
  const attempt = (ended: () => void): void => {
    aim(actor, target, settings.source, (found) => {
      if ('problem' in found) {
        fail(found.problem)
        return ended()
      }
      new Exchange(stage, settings, found.address, () => {
        ended()
        return false
      }).start()
    })
  }
  new Repetition(actor, stage.report, settings, attempt).begin()
}

const kind = (name: 'get' | 'post', sentence: string): Verb<RequestSettings> => ({
  name,
  sentence,
  begin,
})

export const get: Verb<RequestSettings> = kind('get', 'fetches a page over HTTP, as curl does')
export const post: Verb<RequestSettings> = kind('post', 'sends a body over HTTP, as curl does')
