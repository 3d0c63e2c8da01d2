import { type Compared, compareExactly } from './exact.ts'
import { withoutFinRace } from './fin-race.ts'
import { Likeness } from './likeness.ts'
import type { NormalField, NormalFrame } from './normal.ts'
import { type Projection, project } from './projections.ts'
import type { ParityDifference, ParityOptions } from './types.ts'

type Change = (frames: readonly NormalFrame[]) => NormalFrame[]

/** Items that speak of whole frames. */
const WHOLE: Readonly<Record<string, Change>> = {
  'all but the FIN race': withoutFinRace,
  'all but PSH': (frames) => frames.map(withoutPush),
  'all but ARP': (frames) => frames.filter(isNoArp),
}

const ANY_ORDER: Readonly<Record<string, Change>> = {
  'all, in any order': (frames) => [...frames],
  'all but ARP, in any order': (frames) => frames.filter(isNoArp),
}

/**
 * Compares what is stable of a file. Its frames agree all together or not at all, since what an
 * item says belongs to no single frame.
 */
export function compareProjected(
  file: string,
  ours: readonly NormalFrame[],
  theirs: readonly NormalFrame[],
  items: readonly string[],
  options: ParityOptions,
): Compared {
  const frames = theirs.length
  for (const item of items) {
    const difference = itemDifference(file, item, ours, theirs, options)
    if (difference !== undefined) return { frames, agreed: 0, difference }
  }
  return { frames, agreed: frames, difference: undefined }
}

function itemDifference(
  file: string,
  item: string,
  ours: readonly NormalFrame[],
  theirs: readonly NormalFrame[],
  options: ParityOptions,
): ParityDifference | undefined {
  const change = WHOLE[item]
  if (change !== undefined) {
    const likeness = new Likeness(options)
    return compareExactly(file, change(ours), change(theirs), likeness).difference
  }
  const sift = ANY_ORDER[item]
  if (sift !== undefined) return bagDifference(file, item, sift(ours), sift(theirs))
  const mine = project(item, ours)
  const other = project(item, theirs)
  if (mine === undefined || other === undefined) {
    return differ(file, `unknown item '${item}'`, '', '')
  }
  return projectionDifference(file, item, mine, other)
}

function projectionDifference(
  file: string,
  item: string,
  ours: Projection,
  theirs: Projection,
): ParityDifference | undefined {
  for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
    const a = ours.get(key) ?? []
    const b = theirs.get(key) ?? []
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      if (a[i] === b[i]) continue
      const field = `${item}, ${key}, number ${i + 1}`
      return differ(file, field, a[i] ?? 'absent', b[i] ?? 'absent')
    }
  }
  return undefined
}

/** Their frames, each of which must be found once in ours. */
function bagDifference(
  file: string,
  item: string,
  ours: readonly NormalFrame[],
  theirs: readonly NormalFrame[],
): ParityDifference | undefined {
  const counts = new Map<string, number>()
  for (const frame of ours) counts.set(bagText(frame), (counts.get(bagText(frame)) ?? 0) + 1)
  for (const frame of theirs) {
    const left = counts.get(bagText(frame)) ?? 0
    if (left === 0) {
      const found = differ(file, item, 'absent', 'present')
      return { ...found, frame: frame.number, theirLine: frame.line }
    }
    counts.set(bagText(frame), left - 1)
  }
  const extra = ours.find((frame) => counts.get(bagText(frame))! > 0)
  if (extra === undefined) return undefined
  const found = differ(file, item, 'present', 'absent')
  return { ...found, frame: extra.number, ourLine: extra.line }
}

/** A frame without what chance drew. */
function bagText(frame: NormalFrame): string {
  const values = frame.fields.filter((field) => field.kind === 'value')
  return `${frame.out} ${values.map((field) => `${field.name} ${field.value}`).join(', ')}`
}

function differ(file: string, field: string, ours: string, theirs: string): ParityDifference {
  return { file, frame: 0, field, ours, theirs, ourLine: '', theirLine: '' }
}

function isNoArp(frame: NormalFrame): boolean {
  return !frame.fields.some((field) => field.name === 'protocol' && field.value === 'arp')
}

function withoutPush(frame: NormalFrame): NormalFrame {
  const fields = frame.fields.map((field): NormalField => {
    if (field.name !== 'tcp.flags' || typeof field.value !== 'number') return field
    return { ...field, value: field.value & ~8 }
  })
  return { ...frame, fields }
}
