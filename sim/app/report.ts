/** How one repetition of a step ended. */
export type Outcome = 'ok' | 'refused' | 'reset' | 'timeout' | 'unreachable' | 'too-big' | 'closed'

/** What a verb tells of one repetition. Addresses are numbers; for a ping both ports are its id. */
export interface Ended {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly local: number
  readonly localPort: number
  readonly remote: number
  readonly remotePort: number
  readonly outcome: Outcome
  readonly status: number | undefined
  readonly headers: readonly (readonly [string, string])[]
  /** What was received, when somebody wants to see it. */
  readonly body: string | undefined
  readonly bytes: number
  readonly tookNs: number
}

/** Hears from the verbs. */
export interface Report {
  /** Whether anybody wants to see the body of this step's answers. */
  wantsBody(step: number): boolean
  /** One repetition of a step has ended. */
  ended(step: number, ended: Ended): void
  /** A step has ended with all its repetitions. */
  finished(step: number): void
}

/** An `Ended` of something that did not even begin to speak. */
export function failed(
  protocol: 'tcp' | 'udp' | 'icmp',
  outcome: Outcome,
  remote: number,
  remotePort: number,
): Ended {
  return {
    protocol,
    local: 0,
    localPort: 0,
    remote,
    remotePort,
    outcome,
    status: undefined,
    headers: [],
    body: undefined,
    bytes: 0,
    tookNs: 0,
  }
}
