/**
 * Connection states by the names of RFC 9293 §3.3.2; a state's number is its place in this list.
 */
export const TCP_STATES = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
] as const
export type TcpState = (typeof TCP_STATES)[number]

export const CLOSED = 0
export const LISTEN = 1
export const SYN_SENT = 2
export const SYN_RECEIVED = 3
export const ESTABLISHED = 4
export const FIN_WAIT_1 = 5
export const FIN_WAIT_2 = 6
export const CLOSE_WAIT = 7
export const CLOSING = 8
export const LAST_ACK = 9
export const TIME_WAIT = 10

/** What a program is told when its connection ended badly; the number is the place in the list. */
export const TCP_ERRORS = ['', 'refused', 'reset', 'timeout', 'unreachable', 'in-use'] as const
export type TcpError = (typeof TCP_ERRORS)[number]
export const NO_ERROR = 0
export const REFUSED = 1
export const RESET = 2
export const TIMEOUT = 3
export const UNREACHABLE = 4
export const IN_USE = 5

/** Bits of `shut`: which halves are closed, and whether the program has let go of the socket. */
export const RECEIVE_SHUT = 1
export const SEND_SHUT = 2
export const ORPHAN = 4

/** Bits of `settings`. */
export const NODELAY = 1
export const CORK = 2
export const KEEPALIVE = 4
export const RECEIVE_BUFFER_LOCKED = 8
export const SEND_BUFFER_LOCKED = 16
export const DISCARD = 32
export const QUICKACK = 64
/** The program has met a full send buffer and waits to be woken. */
export const NO_SPACE = 128

/** Bits of `options`: what both ends agreed on in their SYNs. */
export const OPT_TIMESTAMPS = 1
export const OPT_SACK = 2
export const OPT_SCALE = 4

/** Bits of `ackPending` (inet_csk's icsk_ack.pending). */
export const ACK_SCHEDULED = 1
export const ACK_TIMER = 2
export const ACK_PUSHED = 4
export const ACK_PUSHED2 = 8
export const ACK_NOW = 16

/** States of congestion control (tcp_ca_state). */
export const CA_OPEN = 0
export const CA_DISORDER = 1
export const CA_CWR = 2
export const CA_RECOVERY = 3
export const CA_LOSS = 4

/** What the retransmission timer of a connection is set for. */
export const TIMER_NONE = 0
export const TIMER_RTO = 1
export const TIMER_LOSS_PROBE = 2
export const TIMER_WINDOW_PROBE = 3
export const TIMER_REORDER = 4

export const NS_PER_US = 1000
export const NS_PER_MS = 1_000_000
export const NS_PER_S = 1_000_000_000
/** One tick of the kernel's timers at 250 Hz. */
export const TICK_NS = 4_000_000
export const ATO_MIN_NS = 40_000_000
export const DELAYED_ACK_MAX_NS = 200_000_000
export const RTO_INITIAL_NS = 1_000_000_000
export const RTO_MIN_NS = 200_000_000
export const RTO_MAX_NS = 120_000_000_000
export const TIME_WAIT_NS = 60_000_000_000
/** Two answers to segments outside the window are at least this far apart. */
export const OUT_OF_WINDOW_GAP_NS = 500_000_000

export const INITIAL_WINDOW = 10
export const MAX_QUICK_ACKS = 16
export const DEFAULT_MSS = 536
export const MIN_MSS = 88
export const INFINITE_SSTHRESH = 0x7fffffff

/** tcp_rmem and tcp_wmem of a stock kernel, in octets of memory. */
export const RECEIVE_MEMORY = 131072
export const RECEIVE_MEMORY_MAX = 6291456
export const SEND_MEMORY_MAX = 4194304
