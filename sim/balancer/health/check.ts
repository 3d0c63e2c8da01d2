import type { Stream } from '../../engine/chance.ts'
import type { Host } from '../../host/host.ts'
import type { Timers } from '../../host/timers.ts'

/** A way to ask whether a server works: a file each. Every question is real packets. */
export interface CheckKind {
  /** The word a sheet writes. */
  readonly name: string
  readonly sentence: string
  readonly source: string
  readonly elsewhere: readonly string[]
  /** What its question is carried in: an `icmp` check has no port. */
  readonly protocol: 'icmp' | 'tcp' | 'udp'
  /** Port asked when neither check nor server names one; 0 when there is none of its own. */
  readonly port: number
  /** Begins one question. It ends by itself or is cancelled when the patience is over. */
  begin(question: Question): Attempt
}

/** What is asked, of whom, and who waits for the answer. */
export interface Question {
  readonly host: Host
  readonly timers: Timers
  readonly chance: Stream
  /** Address number and port of the server. */
  readonly address: number
  readonly port: number
  readonly details: CheckDetails
  readonly done: Done
}

/** What a kind of check may be told; each looks at its own. */
export interface CheckDetails {
  /** `http`: path, status that is needed (0: any below 400), text in the body, name of the host. */
  readonly path?: string | undefined
  readonly status?: number | undefined
  readonly body?: string | undefined
  readonly host?: string | undefined
  /** `udp`: what silence means. */
  readonly silence?: 'up' | 'down' | undefined
  /** `dns`: the name that is asked for. */
  readonly name?: string | undefined
}

/** Told once: whether the server works, and in a few words why. */
export type Done = (works: boolean, why: string) => void

/** A question that has been put. */
export interface Attempt {
  /** Nobody waits any longer. Returns what the silence means: whether the server works, and why. */
  giveUp(): { readonly works: boolean; readonly why: string }
}
