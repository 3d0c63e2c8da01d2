import type { Address } from '../wire/address.ts'
import type { Senders } from './senders.ts'

/** What programs and verbs are told: plain data, completed, nothing left to assume. */

/** A duration or size that may be drawn anew each time it is needed. */
export type Generator =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'list'; readonly values: readonly number[] }

// --- programs that listen ------------------------------------------------------------------------

export interface PageSettings {
  /** `*` answers every path. */
  readonly path: string
  readonly status: number
  /** Text of the body; undefined: `size` octets of a pattern. */
  readonly body: string | undefined
  readonly size: number
  readonly type: string
  /** In the order of the sheet; the value `none` leaves a header out. */
  readonly headers: readonly (readonly [string, string])[]
}

export interface WebSettings {
  readonly kind: 'web'
  readonly pages: readonly PageSettings[]
  /** Time before an answer. */
  readonly wait: Generator
  /** Processor time of an answer; a core serves first come, first served. */
  readonly work: Generator
  /** Patience with an idle connection. */
  readonly keepAliveNs: number
}

export interface ZoneEntry {
  readonly name: string
  readonly addresses: readonly Address[]
  readonly ttlSeconds: number
  /** Turns the order of the addresses by one with each answer. */
  readonly rotate: boolean
}

export type RunSettings =
  | WebSettings
  | { readonly kind: 'echo' }
  | { readonly kind: 'sink' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'script'; readonly operations: readonly Operation[] }
  | {
      readonly kind: 'dns'
      readonly zone: readonly ZoneEntry[]
      /** False: it answers as one who has asked others. Default: true. */
      readonly authoritative?: boolean
    }

export interface ProgramSettings {
  readonly name: string
  readonly address: Address | undefined
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly backlog: number
  /** Octets; undefined: the kernel's default with auto-tuning. */
  readonly receiveBuffer: number | undefined
  readonly sendBuffer: number | undefined
  readonly congestion: 'cubic' | 'reno'
  readonly run: RunSettings
  readonly startsNs: number
}

// --- scripts -------------------------------------------------------------------------------------

/** What a script does, one after the other. */
export type Operation =
  | {
      readonly kind: 'send'
      readonly size: number
      readonly times: number
      readonly meanwhile: boolean
    }
  | { readonly kind: 'say'; readonly text: string; readonly size: number | undefined }
  | { readonly kind: 'receive'; readonly until: number | 'any' | 'end' }
  | { readonly kind: 'receive-slowly'; readonly upTo: number; readonly everyNs: number }
  | { readonly kind: 'sleep'; readonly forNs: number }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'close' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'set'; readonly options: SocketSettings }
  | {
      readonly kind: 'call'
      readonly to: string
      readonly sourcePort: number
      readonly operations: readonly Operation[]
    }

export interface SocketSettings {
  readonly noDelay?: boolean
  readonly cork?: boolean
  readonly keepAlive?: {
    readonly idleNs: number
    readonly intervalNs: number
    readonly probes: number
  }
  readonly receiveBuffer?: number
  readonly sendBuffer?: number
  readonly ttl?: number
  readonly congestion?: 'cubic' | 'reno'
  readonly userTimeoutNs?: number
}

// --- verbs ---------------------------------------------------------------------------------------

/** Whom a step speaks to: a name to be resolved, or an address. */
export type Target =
  | { readonly kind: 'name'; readonly name: string; readonly port: number }
  | { readonly kind: 'address'; readonly address: Address; readonly port: number }

/** Options of everything that makes traffic. */
export interface TrafficSettings {
  /** Number of the step. */
  readonly index: number
  /** Index of the machine. */
  readonly node: number
  readonly times: number
  /** Undefined: each when the one before has ended. */
  readonly everyNs: number | undefined
  /** Patience of each wait. */
  readonly timeoutNs: number
  /** 0: an ephemeral one. */
  readonly sourcePort: number
  readonly source: Address | undefined
  /** 0: the machine's default. */
  readonly ttl: number
  readonly dontFragment: 'when-it-fits' | 'always' | 'never'
}

export interface RequestSettings extends TrafficSettings {
  readonly verb: 'get' | 'post'
  readonly target: Target
  /** Host header. */
  readonly host: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | undefined
  /** Octets of a body that is a pattern. */
  readonly size: number
  /** All repetitions on one connection. */
  readonly keepAlive: boolean
}

export interface ConnectSettings extends TrafficSettings {
  readonly verb: 'connect'
  readonly target: Target
  readonly operations: readonly Operation[]
}

export interface ContinueSettings {
  readonly verb: 'continue'
  readonly index: number
  /** Index of the `connect` step whose connection goes on. */
  readonly step: number
  readonly operations: readonly Operation[]
}

export interface SynFloodSettings extends TrafficSettings {
  readonly verb: 'syn-flood'
  readonly target: Target
  /** Senders in turn; undefined: each SYN has an invented one. */
  readonly sources: Senders | undefined
  readonly window: number
  /** Octets of the TCP options, at most 40. */
  readonly options: readonly number[]
  /** Identification of the first packet (IPv4); it rises by one. */
  readonly ident: number
}

export interface DatagramSettings extends TrafficSettings {
  readonly verb: 'datagram'
  readonly target: Target
  readonly size: number
  readonly text: string | undefined
  /** Answers to wait for; 0: one way. */
  readonly answers: number
  /** Senders in turn who did not send it; undefined: the machine itself. Answers are 0 then. */
  readonly sources: Senders | undefined
}

export interface PingSettings extends TrafficSettings {
  readonly verb: 'ping'
  readonly target: Target
  readonly size: number
  /** 0: drawn. */
  readonly ident: number
}

export interface ResolveSettings extends TrafficSettings {
  readonly verb: 'resolve'
  readonly question: string
  readonly type: 'A' | 'AAAA'
  readonly ident: number
}

export type Arrivals =
  | { readonly kind: 'constant'; readonly perSecond: number }
  | { readonly kind: 'poisson'; readonly perSecond: number }
  | { readonly kind: 'closed'; readonly users: number }

export interface LoadSettings extends TrafficSettings {
  readonly verb: 'load'
  readonly target: Target
  /** With a URL: what is asked; undefined: connections are opened and closed. */
  readonly path: string | undefined
  readonly host: string
  readonly arrivals: Arrivals
  readonly forNs: number
  /** First and last address of the senders; undefined: the machine's own. */
  readonly sources: Senders | undefined
  /** Octets of a request, padded; 0: as it comes. */
  readonly size: number
}

/** One packet that a recorded client sent, addresses already those of the lab. */
export interface RecordedPacket {
  /** From the first packet of the client. */
  readonly atNs: number
  /** The IP packet. */
  readonly octets: Uint8Array
  /** Offset of the transport header, -1 in a fragment behind the first. */
  readonly transport: number
  /** Whether it is a fragment: its transport checksum is of more than this packet. */
  readonly fragment: boolean
}

/** One conversation of a recorded client. */
export interface RecordedFlow {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly client: Address
  /** Of a ping both ports are its identifier. */
  readonly clientPort: number
  readonly server: Address
  readonly serverPort: number
  /** TCP from its SYN on: the first sequence number that the recorded server chose. */
  readonly serverFirst: number | undefined
  /** The acknowledgement of the recorded server's FIN, when it sent one. */
  readonly serverEnd: number | undefined
  /** Packets of the server in the recording. */
  readonly answers: number
  readonly packets: readonly RecordedPacket[]
}

export interface ReplaySettings {
  readonly verb: 'replay'
  readonly index: number
  readonly node: number
  /** How long a conversation waits for what its next packet acknowledges. */
  readonly timeoutNs: number
  /** Acknowledgements follow the lab's server and wait for it; false: everything as recorded. */
  readonly shift: boolean
  readonly flows: readonly RecordedFlow[]
}

export type VerbSettings =
  | RequestSettings
  | ConnectSettings
  | ContinueSettings
  | DatagramSettings
  | PingSettings
  | ResolveSettings
  | LoadSettings
  | SynFloodSettings
  | ReplaySettings
