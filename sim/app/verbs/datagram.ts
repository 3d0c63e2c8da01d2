import type { Host } from '../../host/host.ts'
import type { SocketOwner } from '../../host/socket-owner.ts'
import { decodeLatin, encodeText } from '../../wire/text.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as udp from '../../wire/udp.ts'
import type { Actor } from '../actor.ts'
import { numberOf } from '../endpoint.ts'
import { Flood, type Forgery } from '../flood.ts'
import { PATTERN, PATTERN_LEN } from '../pattern.ts'
import { failed, type Outcome } from '../report.ts'
import type { DatagramSettings } from '../settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../../host/timers.ts'
import { aim, Repetition } from './repeat.ts'
import type { Stage, Verb } from './verb.ts'

/** Identification of the first datagram of senders who did not send it. */
const FIRST_IDENT = 256

/** The octets that a step sends in each datagram. */
function payload(settings: DatagramSettings): Uint8Array {
  const text = settings.text === undefined ? undefined : encodeText(settings.text)
  const octets = new Uint8Array(Math.max(settings.size, text?.length ?? 0))
  for (let at = 0; at < octets.length; at += PATTERN_LEN) {
    octets.set(PATTERN.subarray(0, Math.min(PATTERN_LEN, octets.length - at)), at)
  }
  if (text !== undefined) octets.set(text)
  return octets
}

/** A socket that sends one datagram and waits for its answers. */
class Question implements SocketOwner, Timed {
  private readonly stage: Stage
  private readonly actor: Actor
  private readonly settings: DatagramSettings
  private readonly remote: number
  private readonly done: () => void
  private socket = -1
  private timer: Timer = NO_TIMER
  private readonly startedNs: number
  private answers = 0
  private octets = 0
  private text = ''

  constructor(stage: Stage, settings: DatagramSettings, remote: number, done: () => void) {
    this.stage = stage
    this.actor = stage.actors[settings.node]!
    this.settings = settings
    this.remote = remote
    this.done = done
    this.startedNs = this.actor.host.now
  }

  start(octets: Uint8Array): void {
    const { udp } = this.actor.host
    const { source, sourcePort, ttl, dontFragment, target, timeoutNs } = this.settings
    const local = numberOf(this.actor.host, source)
    this.socket = udp.open({ owner: this, local, localPort: sourcePort, ttl, dontFragment })
    if (this.socket < 0) {
      this.stage.report.ended(
        this.settings.index,
        failed('udp', 'refused', this.remote, target.port),
      )
      return this.done()
    }
    const sent = udp.sendTo(this.socket, octets, 0, octets.length, this.remote, target.port)
    if (!sent) return this.end(udp.error(this.socket) || 'unreachable')
    if (this.settings.answers === 0) return this.end('ok')
    this.timer = this.actor.timers.after(timeoutNs, this, 0)
  }

  wake(): void {
    const { udp } = this.actor.host
    const error = udp.error(this.socket)
    if (error !== '') return this.end(error)
    for (let got = udp.receive(this.socket); got !== undefined; got = udp.receive(this.socket)) {
      this.answers++
      this.octets += got.bytes.length
      this.text += decodeLatin(got.bytes, 0, got.bytes.length)
    }
    if (this.answers >= this.settings.answers) this.end('ok')
  }

  due(): void {
    this.timer = NO_TIMER
    this.end('timeout')
  }

  private end(outcome: Outcome): void {
    const { udp, ip, now } = this.actor.host
    if (this.timer !== NO_TIMER) this.actor.timers.cancel(this.timer)
    const { source, target, index } = this.settings
    const localPort = udp.localPort(this.socket)
    udp.close(this.socket)
    this.stage.report.ended(index, {
      protocol: 'udp',
      local: numberOf(this.actor.host, source) || ip.sourceFor(this.remote),
      localPort,
      remote: this.remote,
      remotePort: target.port,
      outcome,
      status: undefined,
      headers: [],
      body: this.text,
      bytes: this.octets,
      tookNs: now - this.startedNs,
    })
    this.done()
  }
}

/** Many datagrams one way from one socket: no object and no report for each. */
class Rain implements SocketOwner {
  private readonly stage: Stage
  private readonly settings: DatagramSettings
  private readonly remote: number
  private readonly octets: Uint8Array
  private readonly socket: number
  private readonly handler: number
  private readonly host: Host
  private left: number
  private readonly startedNs: number

  constructor(stage: Stage, settings: DatagramSettings, remote: number, octets: Uint8Array) {
    this.stage = stage
    this.settings = settings
    this.remote = remote
    this.octets = octets
    this.left = settings.times
    const { host } = stage.actors[settings.node]!
    this.host = host
    const { source, sourcePort, ttl, dontFragment } = settings
    const local = numberOf(host, source)
    this.socket = host.udp.open({ owner: this, local, localPort: sourcePort, ttl, dontFragment })
    this.startedNs = host.now
    this.handler = host.world.agenda.register(() => this.drop())
  }

  wake(): void {
    // One way: what comes back is not asked for.
  }

  drop(): void {
    const { host, octets, settings } = this
    if (host.down) return
    const { target, everyNs, index } = settings
    host.udp.sendTo(this.socket, octets, 0, octets.length, this.remote, target.port)
    if (--this.left > 0) {
      host.world.agenda.schedule(host.now + everyNs!, this.handler, 0, 0)
      return
    }
    this.stage.report.ended(index, {
      protocol: 'udp',
      local: host.ip.sourceFor(this.remote),
      localPort: host.udp.localPort(this.socket),
      remote: this.remote,
      remotePort: target.port,
      outcome: 'ok',
      status: undefined,
      headers: [],
      body: undefined,
      bytes: 0,
      tookNs: host.now - this.startedNs,
    })
    host.udp.close(this.socket)
    this.stage.report.finished(index)
  }
}

/** A datagram that others seem to have sent. */
function forgeryOf(settings: DatagramSettings, remote: number, payload: Uint8Array): Forgery {
  const octets = new Uint8Array(udp.HEADER_LEN + payload.length)
  octets.set(payload, udp.HEADER_LEN)
  const { sources, target } = settings
  return {
    protocol: ipv4.UDP,
    remote,
    remotePort: target.port,
    octets,
    sources,
    ident: FIRST_IDENT,
  }
}

/** `times` share a socket when its port is fixed. */
function isRain(settings: DatagramSettings): boolean {
  return settings.answers === 0 && settings.sourcePort !== 0 && settings.everyNs !== undefined
}

export const datagram: Verb<DatagramSettings> = {
  name: 'datagram',
  sentence: 'sends a UDP datagram and waits for its answer',
  begin(stage, settings) {
    const actor = stage.actors[settings.node]!
    const octets = payload(settings)
    const fail = (problem: Outcome): void => {
      stage.report.ended(settings.index, failed('udp', problem, 0, settings.target.port))
    }
    if (settings.sources !== undefined) {
      const done = (): void => stage.report.finished(settings.index)
      return aim(actor, settings.target, settings.sources[0], (found) => {
        if (!('address' in found)) return done()
        new Flood(actor, settings, forgeryOf(settings, found.address, octets), done).next()
      })
    }
    if (isRain(settings)) {
      return aim(actor, settings.target, settings.source, (found) => {
        if ('address' in found) return new Rain(stage, settings, found.address, octets).drop()
        fail(found.problem)
        stage.report.finished(settings.index)
      })
    }
    const attempt = (ended: () => void): void => {
      aim(actor, settings.target, settings.source, (found) => {
        if ('address' in found) {
          return new Question(stage, settings, found.address, ended).start(octets)
        }
        fail(found.problem)
        ended()
      })
    }
    new Repetition(actor, stage.report, settings, attempt).begin()
  },
}
