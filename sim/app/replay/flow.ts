import type { Host } from '../../host/host.ts'
import { dropCode } from '../../trace/index.ts'
import { fold, pseudoSum, sumOf } from '../../wire/checksum.ts'
import type { Frame } from '../../wire/frame.ts'
import * as icmp from '../../wire/icmp.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as ipv6 from '../../wire/ipv6.ts'
import * as tcp from '../../wire/tcp.ts'
import * as udp from '../../wire/udp.ts'
import type { Actor } from '../actor.ts'
import type { Outcome } from '../report.ts'
import type { RecordedFlow, RecordedPacket, ReplaySettings } from '../settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../../host/timers.ts'
import { echoOptions, PeerStream } from './stream.ts'
import type { Taker } from './tap.ts'

/** What a timer was set for. */
const NEXT = 0
const PATIENCE = 1
const OVER = 2
const QUIET = 3

/** A peer that has said something and is silent for so long has said what it had to say. */
const QUIET_NS = 150_000_000
/** How long answers are awaited once everything has been sent. */
const LINGER_NS = 1_000_000_000
const NO_ROUTE = dropCode('no-route')

/**
 * One recorded conversation, sent again. Gaps are those of the recording.
 *
 * With `shift` a TCP segment acknowledges what has come here, whatever numbers the recorded server
 * used, and waits for it: one that acknowledged more than the one before goes out when as much has
 * come, or when the peer has said something new and fallen silent (its answer is shorter here).
 * Everything behind it moves back with it.
 */
export class ReplayFlow implements Timed, Taker {
  readonly protocol: number
  readonly local: number
  readonly localPort: number
  readonly remote: number
  readonly remotePort: number
  private readonly actor: Actor
  private readonly settings: ReplaySettings
  private readonly recorded: RecordedFlow
  private readonly done: () => void
  private readonly peer = new PeerStream()
  private readonly startNs: number
  private at = 0
  /** How far the replay lies behind the recording. */
  private lagNs = 0
  private timer: Timer = NO_TIMER
  private waiting = false
  /** What the last segment acknowledged: in the recording, and here. */
  private recordedAck = 0
  private ownAck = 0
  private gaveUp = false
  private over = false
  private answers = 0
  private answerOctets = 0
  private lastNs: number

  constructor(actor: Actor, settings: ReplaySettings, recorded: RecordedFlow, done: () => void) {
    const { host } = actor
    this.actor = actor
    this.settings = settings
    this.recorded = recorded
    this.done = done
    this.protocol = numberOf(recorded)
    this.local = host.addresses.number(recorded.client)
    this.localPort = recorded.clientPort
    this.remote = host.addresses.number(recorded.server)
    this.remotePort = recorded.serverPort
    this.startNs = host.now
    this.lastNs = host.now
  }

  begin(): void {
    this.setTimer(this.recorded.packets[0]!.atNs, NEXT)
  }

  due(what: number): void {
    this.timer = NO_TIMER
    if (what === NEXT) return this.next()
    if (what === QUIET) return this.sendNext()
    if (what === PATIENCE) this.gaveUp = true
    this.end()
  }

  arrived(view: DataView, at: number, end: number): void {
    this.lastNs = this.actor.host.now
    this.answers++
    const before = this.peer.next
    if (this.recorded.protocol === 'tcp') this.peer.take(view, at, end)
    else this.answerOctets += end - at - udp.HEADER_LEN
    if (this.over) return
    if (this.peer.reset || this.isComplete()) return this.soon(OVER)
    if (!this.waiting) return
    if (this.isReady(this.recorded.packets[this.at]!)) this.soon(NEXT)
    else if (this.peer.next > before && this.mayFallSilent()) this.setTimer(QUIET_NS, QUIET)
  }

  /** How it ended. */
  get outcome(): Outcome {
    if (this.peer.reset) return this.peer.first === undefined ? 'refused' : 'reset'
    if (this.gaveUp || this.answers === 0) return 'timeout'
    return 'ok'
  }

  get kind(): RecordedFlow['protocol'] {
    return this.recorded.protocol
  }

  /** Octets of payload that came back. */
  get octets(): number {
    return this.recorded.protocol === 'tcp' ? this.peer.octets : this.answerOctets
  }

  /** From the first packet to the last answer. */
  get tookNs(): number {
    return Math.max(0, this.lastNs - this.startNs - this.recorded.packets[0]!.atNs)
  }

  private next(): void {
    const packet = this.recorded.packets[this.at]!
    this.waiting = !this.isReady(packet)
    if (!this.waiting) return this.sendNext()
    if (this.mayFallSilent()) this.setTimer(QUIET_NS, QUIET)
    else this.setTimer(this.settings.timeoutNs, PATIENCE)
  }

  private sendNext(): void {
    const packet = this.recorded.packets[this.at]!
    this.waiting = false
    const { now } = this.actor.host
    this.lagNs = now - this.startNs - packet.atNs
    this.send(packet)
    this.at++
    const following = this.recorded.packets[this.at]
    if (following === undefined) return this.soonOver()
    this.setTimer(Math.max(0, this.startNs + following.atNs + this.lagNs - now), NEXT)
  }

  /** Whether what a segment acknowledges has come, or never will because the peer has closed. */
  private isReady({ octets, transport }: RecordedPacket): boolean {
    const { serverFirst } = this.recorded
    if (!this.settings.shift || serverFirst === undefined) return true
    const view = viewOf(octets)
    const flags = tcp.flags(view, transport)
    if ((flags & tcp.ACK) === 0 || (flags & tcp.RST) !== 0) return true
    const { first, next, closed } = this.peer
    if (first === undefined || closed) return closed
    const recorded = this.acknowledged(view, transport)
    return !this.isOfEnd(recorded) && (recorded <= next || recorded <= this.recordedAck)
  }

  /** Whether the peer has something new, or all it will say, for the segment that waits. */
  private mayFallSilent(): boolean {
    const { octets, transport } = this.recorded.packets[this.at]!
    const ofEnd = this.isOfEnd(this.acknowledged(viewOf(octets), transport))
    return this.peer.next > this.ownAck && !ofEnd
  }

  /** Whether this many octets and the SYN are all that the recorded server sent, and its FIN. */
  private isOfEnd(acknowledged: number): boolean {
    const { serverEnd, serverFirst } = this.recorded
    return serverEnd !== undefined && acknowledged >= (serverEnd - serverFirst!) >>> 0
  }

  private acknowledged(view: DataView, at: number): number {
    return (tcp.acknowledgment(view, at) - this.recorded.serverFirst!) >>> 0
  }

  private send(packet: RecordedPacket): void {
    const { host } = this.actor
    const { octets } = packet
    const family = octets[0]! >> 4
    const frame = host.ip.allocate(family, octets.length - host.ip.headerLen(family))
    frame.bytes.set(octets, frame.network)
    frame.end = frame.network + octets.length
    const at = frame.network + packet.transport
    if (packet.transport >= 0) {
      this.follow(frame, at)
      if (!packet.fragment) writeChecksum(host, frame, at, this)
    }
    const path = host.routes.find(this.remote)
    if (path === undefined) host.drop(frame, host.place, NO_ROUTE)
    else if (family === 4) host.ipv4.emit(frame, path, path.mtu)
    else host.ipv6.emit(frame, path, path.mtu, false)
  }

  /** Makes a segment speak of the peer's numbers instead of those that were recorded. */
  private follow({ view }: Frame, at: number): void {
    const { serverFirst } = this.recorded
    const { first, next, stamp } = this.peer
    if (!this.settings.shift || serverFirst === undefined || first === undefined) return
    if ((tcp.flags(view, at) & tcp.ACK) === 0) return
    this.recordedAck = Math.max(this.recordedAck, this.acknowledged(view, at))
    this.ownAck = next
    view.setUint32(at + 8, first + next)
    echoOptions(view, at, stamp)
  }

  /** Everything was sent and everything has come. */
  private isComplete(): boolean {
    if (this.at < this.recorded.packets.length) return false
    if (this.recorded.protocol === 'tcp') return this.peer.closed
    return this.answers >= Math.max(1, this.recorded.answers)
  }

  private soonOver(): void {
    if (this.isComplete()) this.soon(OVER)
    else this.setTimer(LINGER_NS, OVER)
  }

  /** In an event of its own, as a program runs. */
  private soon(what: number): void {
    this.waiting = false
    this.setTimer(this.actor.host.wakeNs, what)
  }

  /** There is one timer: what is awaited last replaces what was awaited before. */
  private setTimer(delayNs: number, what: number): void {
    this.cancelTimer()
    this.timer = this.actor.timers.after(delayNs, this, what)
  }

  private end(): void {
    this.over = true
    this.cancelTimer()
    this.done()
  }

  private cancelTimer(): void {
    if (this.timer !== NO_TIMER) this.actor.timers.cancel(this.timer)
    this.timer = NO_TIMER
  }
}

function numberOf({ protocol, client }: RecordedFlow): number {
  if (protocol === 'tcp') return ipv4.TCP
  if (protocol === 'udp') return ipv4.UDP
  return client.family === 4 ? ipv4.ICMP : ipv6.ICMPV6
}

const viewOf = (octets: Uint8Array): DataView =>
  new DataView(octets.buffer, octets.byteOffset, octets.byteLength)

/** The checksum of the transport, anew: recordings of a card that makes it hold a wrong one. */
function writeChecksum(host: Host, frame: Frame, at: number, ends: Taker): void {
  const { bytes, view, words, end } = frame
  const local = host.addresses.sum(ends.local)
  const remote = host.addresses.sum(ends.remote)
  const length = end - at
  if (ends.protocol === ipv4.TCP) {
    return tcp.writeChecksum(bytes, view, words, at, length, local, remote)
  }
  if (ends.protocol === ipv4.UDP) {
    const [from, to] = [udp.srcPort(view, at), udp.dstPort(view, at)]
    // A sender that made none is left alone (RFC 768).
    if (udp.checksum(view, at) === 0 && bytes[frame.network]! >> 4 === 4) return
    return udp.write(bytes, view, words, at, from, to, length, local, remote)
  }
  if (ends.protocol === ipv4.ICMP) return icmp.writeChecksum(bytes, view, words, at, length)
  view.setUint16(at + 2, 0)
  const pseudo = pseudoSum(local, remote, ipv6.ICMPV6, length)
  view.setUint16(at + 2, ~fold(sumOf(bytes, words, at, length) + pseudo) & 0xffff)
}
