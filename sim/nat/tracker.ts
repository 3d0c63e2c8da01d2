import type { Clock } from '../trace/index.ts'
import * as ipv4 from '../wire/ipv4.ts'
import { ACK, SYN } from '../wire/tcp.ts'
import { FlowTable, NO_FLOW } from './flow-table.ts'
import {
  CLOSE,
  ESTABLISHED,
  ICMP_NS,
  IGNORED,
  INVALID,
  NONE,
  nextTrackState,
  SYN_SENT,
  TIME_WAIT,
  TRACK_STATES,
  TRACK_TIMEOUTS_NS,
  UDP_NS,
  UDP_STREAM_AFTER_NS,
  UDP_STREAM_NS,
} from './track-states.ts'

/** Bits of a flow's `flags` column. */
export const SEEN_REPLY = 1
export const CHANGES_DESTINATION = 2
export const CHANGES_SOURCE = 4

/** The packet may begin a flow. */
export const NEW = -2

/** A line of the table, both tuples as addresses and ports are in their packets. */
export interface TrackRow {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  /** Empty for UDP and ICMP. */
  readonly state: string
  readonly expiresNs: number
  /** Source address and port, destination address and port; of ICMP the port is the identifier. */
  readonly original: readonly [number, number, number, number]
  readonly reply: readonly [number, number, number, number]
  readonly unreplied: boolean
}

/** Follows flows of TCP, UDP and echo through their states; knows neither rules nor rewriting. */
export class Tracker {
  readonly flows: FlowTable
  private readonly clock: Clock
  /** Whether a segment in mid-flow makes an entry (nf_conntrack_tcp_loose). */
  private readonly loose: boolean
  private readonly timeouts: readonly number[]
  private readonly udp: number
  private readonly udpStream: number
  private readonly icmp: number

  /** `onExpire`: told of a row whose time is over, before it is free. */
  constructor(clock: Clock, loose: boolean, onExpire: (row: number) => void) {
    this.clock = clock
    this.loose = loose
    this.flows = new FlowTable(onExpire)
    this.timeouts = TRACK_TIMEOUTS_NS.map((timeoutNs) => this.flows.timeout(timeoutNs))
    this.udp = this.flows.timeout(UDP_NS)
    this.udpStream = this.flows.timeout(UDP_STREAM_NS)
    this.icmp = this.flows.timeout(ICMP_NS)
  }

  /**
   * The flow of a packet, row x 2 + direction, whose state and time have moved; `NEW` when it has
   * none and may begin one; `NO_FLOW` when it is invalid.
   */
  follow(src: number, dst: number, ports: number, protocol: number, flags: number): number {
    const { flows } = this
    const found = flows.find(src, dst, ports, protocol, this.clock.now)
    if (found === NO_FLOW) return this.mayBegin(protocol, flags) ? NEW : NO_FLOW
    const row = found >> 1
    const reply = (found & 1) === 1
    if (protocol === ipv4.TCP) {
      const before = flows.state[row]!
      const after = nextTrackState(before, flags, reply)
      if (after === INVALID) return NO_FLOW
      if (after === SYN_SENT && (before === TIME_WAIT || before === CLOSE)) {
        flows.remove(row)
        return reply ? NO_FLOW : NEW
      }
      if (after !== IGNORED) {
        flows.state[row] = after
        flows.touch(row, this.timeouts[after]!, this.clock.now)
      }
    }
    if (reply) flows.flags[row]! |= SEEN_REPLY
    if (protocol !== ipv4.TCP) flows.touch(row, this.timeoutOf(row, protocol), this.clock.now)
    return found
  }

  /** Begins the flow of a packet that `follow` called `NEW`; both tuples are free. */
  begin(
    src: number,
    dst: number,
    ports: number,
    protocol: number,
    flags: number,
    outDst: number,
    outPorts: number,
  ): number {
    const { flows } = this
    const { now } = this.clock
    const state = protocol === ipv4.TCP ? nextTrackState(NONE, flags, false) : NONE
    const timeout =
      protocol === ipv4.TCP ? this.timeouts[state]! : protocol === ipv4.UDP ? this.udp : this.icmp
    const row = flows.add(src, dst, ports, protocol, src, outDst, outPorts, timeout, now)
    flows.state[row] = state
    flows.service[row] = Math.ceil((now + UDP_STREAM_AFTER_NS) / STREAM_UNIT_NS)
    return row
  }

  /** Flows remembered now, oldest first. */
  rows(): TrackRow[] {
    const { flows } = this
    flows.sweep(this.clock.now)
    return flows.rows().map((row) => {
      const protocol = flows.protocol(row)
      return {
        protocol: protocol === ipv4.TCP ? 'tcp' : protocol === ipv4.UDP ? 'udp' : 'icmp',
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
      }
    })
  }

  private mayBegin(protocol: number, flags: number): boolean {
    if (protocol !== ipv4.TCP) return true
    const state = nextTrackState(NONE, flags, false)
    if (state === ESTABLISHED) return this.loose
    return state === SYN_SENT && (flags & (SYN | ACK)) === SYN
  }

  private timeoutOf(row: number, protocol: number): number {
    if (protocol === ipv4.ICMP) return this.icmp
    const { flags, service } = this.flows
    const stream = this.clock.now > service[row]! * STREAM_UNIT_NS
    return stream && (flags[row]! & SEEN_REPLY) !== 0 ? this.udpStream : this.udp
  }
}

/** The instant from which a UDP flow is a stream is kept in these units, to fit 32 bits. */
const STREAM_UNIT_NS = 100_000_000
