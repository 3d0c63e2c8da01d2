/**
 * States of a balanced connection and what moves them, as IPVS has them for NAT, where both halves
 * pass the balancer (net/netfilter/ipvs/ip_vs_proto_tcp.c). The table was measured on a real kernel.
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
const SYN_SENT = 2
const SYN_RECV = 3
export const TIME_WAIT = 5
export const CLOSE = 6
const SYNACK = 10
export const UDP = 11

const SECOND = 1_000_000_000
/** Seconds a connection is remembered in each state, in the order of STATES. */
const TIMEOUT_SECONDS = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120, 300]
export const TIMEOUTS_NS: readonly number[] = TIMEOUT_SECONDS.map((seconds) => seconds * SECOND)

/** Abbreviations of the columns below, in the order of STATES. */
const SHORT = ['NO', 'ES', 'SS', 'SR', 'FW', 'TW', 'CL', 'CW', 'LA', 'LI', 'SA']

const row = (text: string): number[] => text.split(' ').map((short) => SHORT.indexOf(short))

/** Rows: SYN, FIN, ACK, RST. Column: the state before. */
const CLIENT_TO_SERVER = [
  row('SR ES ES SR SR SR SR SR SR SR SR'),
  row('CL CW SS TW TW TW CL CW LA LI TW'),
  row('CL ES SS ES FW TW CL CW CL LI ES'),
  row('CL CL CL SR CL CL CL CL LA LI SR'),
]
const SERVER_TO_CLIENT = [
  row('SS ES SS SR SS SS SS SS SS LI SR'),
  row('TW FW SS TW FW TW CL TW LA LI TW'),
  row('ES ES SS ES FW TW CL CW LA ES ES'),
  row('CL CL SS CL CL TW CL CL CL CL CL'),
]

/** State after a segment with these TCP flags; `reply`: it comes from the server. */
export function nextState(state: number, flags: number, reply: boolean): number {
  const table = reply ? SERVER_TO_CLIENT : CLIENT_TO_SERVER
  // RST outranks SYN, SYN outranks FIN, FIN outranks ACK.
  const line = (flags & 0x04) !== 0 ? 3 : (flags & 0x02) !== 0 ? 0 : (flags & 0x01) !== 0 ? 1 : 2
  if (line === 2 && (flags & 0x10) === 0) return state
  return table[line]![state]!
}

/** Whether a connection in this state counts as active; all others count as inactive. */
export function isActive(state: number): boolean {
  return state === ESTABLISHED || state === SYN_RECV || state === SYN_SENT || state === SYNACK
}
