import type { Likeness } from './likeness.ts'
import type { NormalFrame } from './normal.ts'
import type { ParityDifference } from './types.ts'

/** Two frames of opposite directions closer than this may stand either way. */
const NEAR_NS = 50_000

export interface Compared {
  readonly frames: number
  readonly agreed: number
  readonly difference: ParityDifference | undefined
}

interface Pair {
  readonly ours: NormalFrame | undefined
  readonly theirs: NormalFrame | undefined
}

/**
 * Compares two lists of frames: the nth frame of each direction here with the nth there, then the
 * order of the directions. Differences are told in the order of their file.
 */
export function compareExactly(
  file: string,
  ours: readonly NormalFrame[],
  theirs: readonly NormalFrame[],
  likeness: Likeness,
): Compared {
  const misplaced = outOfOrder(ours, theirs)
  let agreed = 0
  let difference: ParityDifference | undefined
  for (const pair of pairs(ours, theirs)) {
    const found = pairDifference(file, pair, likeness, misplaced)
    if (found === undefined) agreed++
    else if (difference === undefined || isEarlier(found, difference)) difference = found
  }
  return { frames: Math.max(ours.length, theirs.length), agreed, difference }
}

/** An extra frame of ours is told after the difference it follows from. */
function isEarlier(found: ParityDifference, known: ParityDifference): boolean {
  return found.theirLine !== '' && known.theirLine === '' && found.frame <= known.frame
}

function pairs(ours: readonly NormalFrame[], theirs: readonly NormalFrame[]): Pair[] {
  const waiting = {
    out: ours.filter((frame) => frame.out),
    in: ours.filter((frame) => !frame.out),
  }
  const used = { out: 0, in: 0 }
  const list: Pair[] = theirs.map((frame) => {
    const way = frame.out ? 'out' : 'in'
    return { ours: waiting[way][used[way]++], theirs: frame }
  })
  for (const way of ['out', 'in'] as const) {
    for (const extra of waiting[way].slice(used[way])) list.push({ ours: extra, theirs: undefined })
  }
  return list
}

function pairDifference(
  file: string,
  { ours, theirs }: Pair,
  likeness: Likeness,
  misplaced: ReadonlySet<number>,
): ParityDifference | undefined {
  const place = {
    file,
    frame: theirs?.number ?? ours?.number ?? 0,
    ourLine: ours?.line ?? '',
    theirLine: theirs?.line ?? '',
  }
  if (ours === undefined) {
    return { ...place, field: 'missing frame', ours: 'absent', theirs: 'present' }
  }
  if (theirs === undefined) {
    return { ...place, field: 'extra frame', ours: 'present', theirs: 'absent' }
  }
  const unlike = likeness.difference(ours, theirs)
  if (unlike !== undefined) return { ...place, ...unlike }
  if (!misplaced.has(theirs.number)) return undefined
  const ourPlace = `frame ${ours.number}`
  return { ...place, field: 'order', ours: ourPlace, theirs: `frame ${theirs.number}` }
}

/**
 * Numbers of their outgoing frames before which another number of incoming ones stands than in
 * ours, even when frames less than 50 us apart are let pass each other.
 */
function outOfOrder(ours: readonly NormalFrame[], theirs: readonly NormalFrame[]): Set<number> {
  const mine = spans(ours)
  const misplaced = new Set<number>()
  spans(theirs).forEach((span, i) => {
    const other = mine[i]
    if (other === undefined) return
    if (span.lowest > other.highest || other.lowest > span.highest) misplaced.add(span.number)
  })
  return misplaced
}

/** For each outgoing frame, how few and how many incoming ones may stand before it. */
function spans(
  frames: readonly NormalFrame[],
): { number: number; lowest: number; highest: number }[] {
  const arrivals = frames.filter((frame) => !frame.out).map((frame) => frame.timeNs)
  let lowest = 0
  let highest = 0
  return frames
    .filter((frame) => frame.out)
    .map((frame) => {
      while (lowest < arrivals.length && arrivals[lowest]! < frame.timeNs - NEAR_NS) lowest++
      while (highest < arrivals.length && arrivals[highest]! <= frame.timeNs + NEAR_NS) highest++
      return { number: frame.number, lowest, highest }
    })
}
