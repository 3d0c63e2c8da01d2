import type { Chance, Stream } from '../engine/chance.ts'
import type { Frame } from '../wire/frame.ts'

/** What a cable may do to a frame by chance, in the order in which it is done. */
export const FAULT_KINDS = ['loss', 'duplicate', 'reorder', 'corrupt', 'corruptAfterFcs'] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** Share of frames that each kind befalls, 0 to 1. */
export type FaultShares = { readonly [K in FaultKind]: number }

export const NO_FAULTS: FaultShares = {
  loss: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  corruptAfterFcs: 0,
}

/** Chooses frames; is shown every frame of a lane once, in the order of sending. */
export interface Matcher {
  matches(frame: Frame): boolean
}

/** One source of trouble on one direction of one cable: the drawing's, or a step's. */
export interface Trouble {
  /** Place that its losses are put down to. */
  readonly place: number
  /** Added to the cable's delay and jitter, in nanoseconds. */
  readonly delayNs: number
  readonly jitterNs: number
  /** Bounds beside the cable's own; Infinity for none. */
  readonly rateBps: number
  readonly queueFrames: number
  readonly mtu: number
  readonly shares: FaultShares
  readonly streams: TroubleStreams
  /** Frames to be lost on purpose. */
  readonly drop: Matcher | undefined
}

/** The chance behind a trouble: one stream a kind, so that no kind shifts the draws of another. */
export interface TroubleStreams extends Readonly<Record<FaultKind, Stream>> {
  readonly jitter: Stream
  /** Which bit is flipped. */
  readonly bit: Stream
}

/** Streams named `TITLE loss WAY`, such as `link rs1-lan loss out`. */
export function troubleStreams(chance: Chance, title: string, way: 'out' | 'in'): TroubleStreams {
  const stream = (kind: string): Stream => chance.stream(`${title} ${kind} ${way}`)
  return {
    loss: stream('loss'),
    duplicate: stream('duplicate'),
    reorder: stream('reorder'),
    corrupt: stream('corrupt'),
    corruptAfterFcs: stream('corrupt-after-fcs'),
    jitter: stream('jitter'),
    bit: stream('bit'),
  }
}

/** What becomes of one frame: bits of a fate. */
export const DROPPED_ON_PURPOSE = 1
export const LOST = 2
export const TWICE = 4
export const OVERTAKEN = 8
export const BAD_FCS = 16
export const BIT_FLIPPED = 32

/** Bit of each kind, in the order of FAULT_KINDS. */
const BITS = [LOST, TWICE, OVERTAKEN, BAD_FCS, BIT_FLIPPED] as const

/** Where the Ethernet header ends: damage is done behind it. */
const HEADER_OCTETS = 14

/**
 * Everything that is uneven about one direction of a cable. Only ports that have it pay for it.
 * Every stream is drawn for every frame, whatever the others said, so that one fault more leaves
 * the others as they were.
 */
export class Faults {
  readonly troubles: Trouble[] = []
  /** Jitter and changes of delay never reorder: nothing arrives before what was sent before it. */
  lastArrivalNs = 0
  /** Place of the trouble that lost the last frame that was lost. */
  blamed = -1
  /** Trouble that flips a bit of the frame that is being looked at. */
  private damaging: Trouble | undefined
  private readonly jitter: Stream | undefined
  private readonly jitterNs: number

  /** `jitter`: of the cable itself, uniform in 0 .. jitterNs. */
  constructor(jitter: Stream | undefined, jitterNs: number) {
    this.jitter = jitter
    this.jitterNs = jitterNs
  }

  /** Decides what becomes of the next frame. */
  fateOf(frame: Frame): number {
    let fate = 0
    for (let i = 0; i < this.troubles.length; i++) {
      const trouble = this.troubles[i]!
      const own = this.fateBy(trouble, frame)
      if ((own & (DROPPED_ON_PURPOSE | LOST)) !== 0 && (fate & (DROPPED_ON_PURPOSE | LOST)) === 0) {
        this.blamed = trouble.place
      }
      if ((own & BIT_FLIPPED) !== 0 && (fate & BIT_FLIPPED) === 0) this.damaging = trouble
      fate |= own
    }
    return fate
  }

  private fateBy(trouble: Trouble, frame: Frame): number {
    const { shares, streams } = trouble
    let fate = trouble.drop?.matches(frame) === true ? DROPPED_ON_PURPOSE : 0
    for (let k = 0; k < FAULT_KINDS.length; k++) {
      const kind = FAULT_KINDS[k]!
      const share = shares[kind]
      if (share > 0 && streams[kind].happens(share)) fate |= BITS[k]!
    }
    return fate
  }

  /** Time that jitter adds for the next frame. */
  addedNs(): number {
    let added = this.jitter === undefined ? 0 : this.jitter.below(this.jitterNs + 1)
    for (let i = 0; i < this.troubles.length; i++) {
      const { jitterNs, streams } = this.troubles[i]!
      if (jitterNs > 0) added += streams.jitter.below(jitterNs + 1)
    }
    return added
  }

  /** When a frame that would arrive at `due` does, if it may not overtake. */
  inOrder(due: number): number {
    if (due > this.lastArrivalNs) this.lastArrivalNs = due
    return this.lastArrivalNs
  }

  /** Flips one bit behind the Ethernet header. */
  damage(frame: Frame): void {
    const { bytes, start, end } = frame
    const octets = end - start - HEADER_OCTETS
    if (octets <= 0 || this.damaging === undefined) return
    const bit = this.damaging.streams.bit.below(octets * 8)
    bytes[start + HEADER_OCTETS + (bit >> 3)]! ^= 0x80 >> (bit & 7)
  }
}
