import { IS_NOTHING } from './segment.ts'

/**
 * States of a tracked connection of TCP and what moves them, as netfilter has them
 * (net/netfilter/nf_conntrack_proto_tcp.c). What else must hold is in tcp-tracking.ts.
 */
export const TRACK_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const

export const NONE = 0
export const SYN_SENT = 1
export const SYN_RECV = 2
export const ESTABLISHED = 3
export const FIN_WAIT = 4
export const CLOSE_WAIT = 5
export const LAST_ACK = 6
export const TIME_WAIT = 7
export const CLOSE = 8
export const SYN_SENT2 = 9
/** The packet belongs to no connection and is not translated. */
export const INVALID = 10
/** The packet passes and leaves the state as it is. */
export const IGNORED = 11

const SHORT = ['NO', 'SS', 'SR', 'ES', 'FW', 'CW', 'LA', 'TW', 'CL', 'S2', '--', '..']

const row = (text: string): number[] => text.split(' ').map((short) => SHORT.indexOf(short))

/** Rows: SYN, SYN-ACK, FIN, ACK, RST. Columns: the state before; `--` invalid, `..` ignored. */
const ORIGINAL = [
  row('SS SS .. .. .. .. .. SS SS S2'),
  row('-- -- SR -- -- -- -- -- -- SR'),
  row('-- -- FW FW LA LA LA TW CL --'),
  row('ES -- ES ES CW CW TW TW CL --'),
  row('-- CL CL CL CL CL CL CL CL CL'),
]
const REPLY = [
  row('-- S2 -- -- -- -- -- SS -- S2'),
  row('-- SR .. .. .. .. .. .. .. SR'),
  row('-- -- FW FW LA LA LA TW CL --'),
  row('-- .. SR ES CW CW TW TW CL ..'),
  row('-- CL CL CL CL CL CL CL CL CL'),
]

/** State after a segment of this kind (segment.ts), or INVALID or IGNORED. */
export function nextTrackState(state: number, kind: number, reply: boolean): number {
  return kind === IS_NOTHING ? INVALID : (reply ? REPLY : ORIGINAL)[kind]![state]!
}

/** Timeouts in nanoseconds, and what else a machine's settings say of tracking. */
export interface TrackSettings {
  /** A segment in mid-flow makes an entry (nf_conntrack_tcp_loose). */
  readonly loose: boolean
  /** No segment is refused for its numbers (nf_conntrack_tcp_be_liberal). */
  readonly liberal: boolean
  /** An old reset counts all the same (nf_conntrack_tcp_ignore_invalid_rst). */
  readonly takesOldResets: boolean
  /** So many repetitions of one ACK shorten a connection's life to `tcpRepeatedNs`. */
  readonly tcpRepetitions: number
  readonly tcpRepeatedNs: number
  /** In the order of TRACK_STATES. */
  readonly tcpNs: readonly number[]
  /** One at most that has sent what was not acknowledged, or of which one direction was seen. */
  readonly tcpUnacknowledgedNs: number
  readonly udpNs: number
  /** Once answers have come for longer than two seconds. */
  readonly udpStreamNs: number
  readonly icmpNs: number
  /** Any other protocol. */
  readonly genericNs: number
}

export const UDP_STREAM_AFTER_NS = 2_000_000_000
