import type { Packet } from '../hook/hook.ts'
import type { Clock } from '../trace/index.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { FlowTable, NO_FLOW } from './flow-table.ts'
import { isIcmp } from './messages.ts'
import { portsOf } from './packet-tuple.ts'
import { Segment } from './segment.ts'
import { ENDS, MOVES, REOPENS, STRANGE, TcpTracking } from './tcp-tracking.ts'
import {
  ESTABLISHED,
  NONE,
  nextTrackState,
  SYN_SENT,
  TIME_WAIT,
  TRACK_STATES,
  type TrackSettings,
  UDP_STREAM_AFTER_NS,
} from './track-states.ts'

/** Bits of a flow's `flags` column. */
export const SEEN_REPLY = 1
export const CHANGES_DESTINATION = 2
export const CHANGES_SOURCE = 4
/** Seen established: never given up for a new flow when the table is full. */
export const ASSURED = 8

/** The packet may begin a flow. */
export const NEW = -2

/** A line of the table, both tuples as addresses and ports are in their packets. */
export interface TrackRow {
  /** IP protocol number. */
  readonly protocol: number
  /** Empty but for TCP. */
  readonly state: string
  readonly expiresNs: number
  /** Source address and port, destination address and port; of an echo see `echoPorts`. */
  readonly original: readonly [number, number, number, number]
  readonly reply: readonly [number, number, number, number]
  readonly unreplied: boolean
  readonly assured: boolean
}

/**
 * Follows flows through their states; knows neither rules nor rewriting.
 *
 * Columns of the flow table: `service` is the instant from which a UDP flow is a stream.
 */
export class Tracker {
  readonly flows: FlowTable
  /** Row that ended with the packet that is passing now, which still follows it. */
  ended = NO_FLOW
  private readonly clock: Clock
  private loose = false
  private readonly onEnd: (row: number) => void
  private readonly segment = new Segment()
  private readonly tcp: TcpTracking
  /** How long the drafted flow will live at first, when it is one of TCP. */
  private draftTimeout = 0
  private udp = 0
  private udpStream = 0
  private icmp = 0
  private generic = 0

  /** `onEnd`: told of a row before it is free. */
  constructor(clock: Clock, settings: TrackSettings, onEnd: (row: number) => void) {
    this.clock = clock
    this.onEnd = onEnd
    this.flows = new FlowTable((row) => this.forget(row))
    this.tcp = new TcpTracking(clock, this.flows, ASSURED, SEEN_REPLY)
    this.configure(settings)
  }

  /** Goes by these settings from now on; what lives already keeps its time until it moves. */
  configure(settings: TrackSettings): void {
    this.loose = settings.loose
    this.tcp.configure(settings)
    this.udp = this.flows.timeout(settings.udpNs)
    this.udpStream = this.flows.timeout(settings.udpStreamNs)
    this.icmp = this.flows.timeout(settings.icmpNs)
    this.generic = this.flows.timeout(settings.genericNs)
  }

  /**
   * The flow of a packet, row x 2 + direction, whose state and time have moved; `NEW` when it has
   * none and may begin one; `NO_FLOW` when it is invalid.
   */
  follow(packet: Packet): number {
    const { flows, segment } = this
    const { src, dst, protocol } = packet
    const { now } = this.clock
    const isTcp = protocol === ipv4.TCP
    if (isTcp) {
      segment.read(packet)
      if (!segment.sound) return NO_FLOW
    }
    const found = flows.find(src, dst, portsOf(packet), protocol, now)
    if (found === NO_FLOW) return this.mayBegin(protocol) ? NEW : NO_FLOW
    const row = found >> 1
    if (isTcp) {
      const answer = this.followTcp(row, found & 1)
      if (answer !== row) return answer
    } else {
      if (this.isStream(row, protocol)) flows.flags[row]! |= ASSURED
      flows.touch(row, this.timeoutOf(row, protocol), now)
    }
    if ((found & 1) === 1) flows.flags[row]! |= SEEN_REPLY
    return found
  }

  /** The row when the segment belongs to it, else what `follow` answers. */
  private followTcp(row: number, side: number): number {
    const { tcp, flows } = this
    const became = tcp.follow(row, side, this.segment)
    if (became === STRANGE) return NO_FLOW
    if (became === REOPENS) {
      this.remove(row)
      return NEW
    }
    if (became === ENDS) this.ended = row
    if (became === MOVES) flows.touch(row, tcp.timeout, this.clock.now)
    return row
  }

  /** A row for the flow of a packet that `follow` called `NEW`; nobody finds it yet. */
  draft(packet: Packet): number {
    const { flows, tcp } = this
    const { src, dst, protocol } = packet
    const row = flows.draft(src, dst, portsOf(packet), protocol)
    if (protocol === ipv4.TCP) {
      tcp.begin(row, this.segment)
      this.draftTimeout = tcp.timeout
    }
    flows.server[row] = 0
    flows.service[row] = Math.ceil((this.clock.now + UDP_STREAM_AFTER_NS) / STREAM_UNIT_NS)
    return row
  }

  /** The drafted flow is found from now on, by both tuples. */
  settle(row: number): void {
    const { flows } = this
    const protocol = flows.protocol(row)
    const timeout = protocol === ipv4.TCP ? this.draftTimeout : this.timeoutOf(row, protocol)
    flows.settle(row, timeout, this.clock.now)
  }

  remove(row: number): void {
    this.forget(row)
    this.flows.remove(row)
  }

  /**
   * Whether a new connection may take the place of one that is over: its sequence numbers have
   * gone on, so that nothing old can be mistaken for new (nf_nat_core.c, nf_nat_may_kill).
   */
  mayReplace(row: number, by: number): boolean {
    const { flows } = this
    if (flows.protocol(row) !== ipv4.TCP || flows.state[by] !== SYN_SENT) return false
    if (flows.state[row]! < TIME_WAIT || (flows.flags[row]! & CHANGES_SOURCE) === 0) return false
    return this.tcp.hasAdvanced(by, row)
  }

  /** Flows remembered now, oldest first. */
  rows(): TrackRow[] {
    const { flows } = this
    flows.sweep(this.clock.now)
    return flows.rows().map((row) => {
      const protocol = flows.protocol(row)
      return {
        protocol,
        state: protocol === ipv4.TCP ? TRACK_STATES[flows.state[row]!]! : '',
        expiresNs: flows.expiresNs(row),
        original: [
          flows.clientAddress(row),
          flows.clientPort(row),
          flows.virtualAddress(row),
          flows.virtualPort(row),
        ],
        reply: [
          flows.serverAddress(row),
          flows.serverPort(row),
          flows.outsideAddress(row),
          flows.outsidePort(row),
        ],
        unreplied: (flows.flags[row]! & SEEN_REPLY) === 0,
        assured: (flows.flags[row]! & ASSURED) !== 0,
      }
    })
  }

  private forget(row: number): void {
    if (row === this.ended) this.ended = NO_FLOW
    this.onEnd(row)
  }

  private mayBegin(protocol: number): boolean {
    if (protocol !== ipv4.TCP) return true
    const state = nextTrackState(NONE, this.segment.kind, false)
    return state === SYN_SENT || (state === ESTABLISHED && this.loose)
  }

  /** Whether a UDP flow has had answers for longer than two seconds. */
  private isStream(row: number, protocol: number): boolean {
    if (protocol !== ipv4.UDP) return false
    const { flags, service } = this.flows
    if ((flags[row]! & SEEN_REPLY) === 0) return false
    return this.clock.now > service[row]! * STREAM_UNIT_NS
  }

  private timeoutOf(row: number, protocol: number): number {
    if (isIcmp(protocol)) return this.icmp
    if (protocol !== ipv4.UDP) return this.generic
    return this.isStream(row, protocol) ? this.udpStream : this.udp
  }
}

/** The instant from which a UDP flow is a stream is kept in these units, to fit 32 bits. */
const STREAM_UNIT_NS = 100_000_000
