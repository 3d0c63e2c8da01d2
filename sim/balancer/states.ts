import { ACK, FIN, RST, SYN } from '../wire/tcp.ts'

/**
 * States of a balanced connection and what moves them, as IPVS has them
 * (net/netfilter/ipvs/ip_vs_proto_tcp.c). The tables were compared with a real kernel, packet by
 * packet; test/balancer/states.test.ts holds what it answered.
 */
export const STATES = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
  'UDP',
] as const
export type ConnectionState = (typeof STATES)[number]

export const NONE = 0
export const ESTABLISHED = 1
export const SYN_SENT = 2
export const SYN_RECV = 3
export const FIN_WAIT = 4
export const TIME_WAIT = 5
export const CLOSE = 6
export const SYNACK = 10
export const UDP = 11

const SECOND = 1_000_000_000
/** Seconds a connection is remembered in each state, in the order of STATES. */
const TIMEOUT_SECONDS = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120, 300]
export const TIMEOUTS_NS: readonly number[] = TIMEOUT_SECONDS.map((seconds) => seconds * SECOND)

/** Abbreviations of the columns below, in the order of STATES. */
const SHORT = ['NO', 'ES', 'SS', 'SR', 'FW', 'TW', 'CL', 'CW', 'LA', 'LI', 'SA']

const row = (text: string): number[] => text.split(' ').map((short) => SHORT.indexOf(short))

/** State after a segment: a row for SYN, FIN, ACK and RST; the column is the state before. */
export type Transitions = readonly (readonly number[])[]

/** Segments of the client, when the server's pass the balancer too. */
export const FROM_CLIENT: Transitions = [
  row('SR ES ES SR SR SR SR SR SR SR SR'),
  row('CL CW SS TW TW TW CL CW LA LI TW'),
  row('ES ES SS ES FW TW CL CW CL LI ES'),
  row('CL CL CL SR CL CL CL CL LA LI SR'),
]

/** Segments of the server. */
export const FROM_SERVER: Transitions = [
  row('SS ES SS SR SS SS SS SS SS LI SR'),
  row('TW FW SS TW FW TW CL TW LA LI TW'),
  row('ES ES SS ES FW TW CL CW LA ES ES'),
  row('CL CL SS CL CL TW CL CL CL CL CL'),
]

/** Segments of the client, when the server answers past the balancer. */
export const CLIENT_ONLY: Transitions = [
  row('SR ES ES SR SR SR SR SR SR SR SR'),
  row('CL FW SS TW FW TW CL CW LA LI TW'),
  row('ES ES SS ES FW TW CL CW CL LI ES'),
  row('CL CL CL SR CL CL CL CL LA LI CL'),
]

/**
 * The same with `secure_tcp`: a connection is established only once the server has answered and
 * gone on; a client's segments alone are not believed.
 */
export const SECURE_FROM_CLIENT: Transitions = [
  row('SR ES ES SR SR SR SR SR SR SR SA'),
  row('CL CW SS TW TW TW CL CW LA LI SA'),
  row('ES ES SS SR FW TW CL CW CL LI SA'),
  row('CL CL CL SR CL CL CL CL LA LI CL'),
]
export const SECURE_FROM_SERVER: Transitions = [
  row('SS ES SS SA SS SS SS SS SS LI SA'),
  row('TW FW SS TW FW TW CL TW LA LI TW'),
  row('ES ES SS ES FW TW CL CW LA ES ES'),
  row('CL CL SS CL CL TW CL CL CL CL CL'),
]
export const SECURE_CLIENT_ONLY: Transitions = [
  row('SA ES ES SR SA SA SA SA SA SA SA'),
  row('CL FW SS TW FW TW CL CW LA LI TW'),
  row('ES ES SS ES FW TW CL CW CL LI ES'),
  row('CL CL CL SR CL CL CL CL LA LI CL'),
]

/** State after a segment with these flags: RST outranks SYN, SYN outranks FIN, FIN outranks ACK. */
export function nextState(table: Transitions, state: number, flags: number): number {
  if ((flags & RST) !== 0) return table[3]![state]!
  if ((flags & SYN) !== 0) return table[0]![state]!
  if ((flags & FIN) !== 0) return table[1]![state]!
  if ((flags & ACK) !== 0) return table[2]![state]!
  return state
}

/** Whether a connection in this state counts as active; all others count as inactive. */
export function isActive(state: number): boolean {
  return state === ESTABLISHED || state === SYN_RECV || state === SYN_SENT || state === SYNACK
}
