/** What a run comes to: plain data, for people (`show`), for machines (`--json`) and for tests. */

/** One thing that differs between what was expected and what came. */
export interface Difference {
  /** In the words of the packet line, or a field by Wireshark's name. */
  readonly name: string
  readonly expected: string
  readonly actual: string
}

/** A frame that explains a failure: the one that came nearest, or the one that must not be. */
export interface Evidence {
  readonly timeNs: number
  /** `lb.inside`. */
  readonly place: string
  readonly direction: 'in' | 'out'
  /** Number of the frame in the capture of its interface, from 1. */
  readonly number: number
  /** Number of the frame in the capture of all interfaces, from 1; 0 when it is in none. */
  readonly numberOfAll: number
  /** The frame in one line. */
  readonly text: string
  /** Empty when the frame fits. */
  readonly differences: readonly Difference[]
  /** Rule that last changed this packet's addresses, in one sentence. */
  readonly rule: string | undefined
}

/** Why an expectation does not hold. */
export interface Failure {
  /** One sentence. */
  readonly problem: string
  /** What should have been seen: a packet line, a bound, a row. */
  readonly expected: string | undefined
  readonly evidence: Evidence | undefined
  /** Where packets of the run were dropped and why, when that may explain it. */
  readonly drops: readonly string[]
}

export interface ExpectationResult {
  readonly kind: string
  /** What it says, in one line. */
  readonly text: string
  /** `file:line:column` of the expectation in the sheet. */
  readonly place: string
  readonly ok: boolean
  readonly why: string | undefined
  readonly failure: Failure | undefined
}

export interface InvariantResult {
  readonly name: string
  readonly ok: boolean
  /** How often it was broken. */
  readonly broken: number
  /** The sheet's reason for allowing it to be broken. */
  readonly allowed: string | undefined
  /** What happened first, in one sentence; the reason when an allowed one was not broken. */
  readonly detail: string | undefined
}

export type Outcome = 'ok' | 'refused' | 'reset' | 'timeout' | 'unreachable' | 'too-big' | 'closed'

/** How one repetition of a step of traffic ended. */
export interface ResponseResult {
  readonly step: string
  /** From 1. */
  readonly repetition: number
  readonly outcome: Outcome
  readonly status: number | undefined
  /** Machine that answered. */
  readonly server: string | undefined
  readonly bytes: number
  readonly tookNs: number
}

export interface Verdict {
  readonly ok: boolean
  readonly title: string
  readonly file: string
  readonly seed: number
  /** What shows this again. */
  readonly command: string
  readonly expectations: readonly ExpectationResult[]
  readonly invariants: readonly InvariantResult[]
  /** The first hundred. */
  readonly responses: readonly ResponseResult[]
  /** Events the agenda ran. */
  readonly events: number
  readonly endedNs: number
  /** Frames delivered over cables. */
  readonly hops: number
  /** Remarks about the run, such as a bound that was hit. */
  readonly notes: readonly string[]
}
