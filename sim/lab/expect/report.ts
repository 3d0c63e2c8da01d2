import type { Evidence, ExpectationResult, InvariantResult, Verdict } from '../verdict.ts'
import { showNs } from './bounds.ts'

const HEAD_WIDTH = 10

/**
 * A failed expectation for people: where, what, the nearest frame field by field, why, how again.
 */
export function reportFailure(result: ExpectationResult, verdict: Verdict): string {
  const lines = [`${result.place}: ${result.text}`]
  const { failure } = result
  if (failure === undefined) return lines[0]!
  lines.push(row('', failure.problem))
  if (failure.expected !== undefined) lines.push(row('expected', failure.expected))
  if (failure.evidence !== undefined) lines.push(...evidenceRows(failure.evidence))
  for (const [i, drop] of failure.drops.entries()) lines.push(row(i === 0 ? 'dropped' : '', drop))
  if (result.why !== undefined) lines.push(row('why', result.why))
  lines.push(row('again', `${verdict.command} (seed ${verdict.seed})`))
  const frame = failure.evidence?.numberOfAll ?? 0
  if (frame > 0) lines.push(row('closer', closer(verdict, frame)))
  return lines.join('\n')
}

/** A broken invariant, or one that was allowed to break and did not. */
export function reportInvariant(result: InvariantResult, verdict: Verdict): string {
  const times = result.broken === 1 ? 'once' : `${result.broken} times`
  const state = result.broken === 0 ? 'was allowed to be broken and held' : `was broken ${times}`
  const lines = [`${verdict.file}: ${result.name} ${state}`]
  if (result.detail !== undefined) lines.push(row('', result.detail))
  if (result.allowed !== undefined) lines.push(row('allowed', result.allowed))
  lines.push(row('again', `${verdict.command} (seed ${verdict.seed})`))
  return lines.join('\n')
}

/** Everything that did not hold, a paragraph each; empty when all held. */
export function reportVerdict(verdict: Verdict): string {
  const failures = verdict.expectations
    .filter((each) => !each.ok)
    .map((each) => reportFailure(each, verdict))
  const broken = verdict.invariants
    .filter((each) => !each.ok)
    .map((each) => reportInvariant(each, verdict))
  return [...failures, ...broken].join('\n\n')
}

function evidenceRows(evidence: Evidence): string[] {
  const { place, direction, text, timeNs, number, numberOfAll, differences, rule } = evidence
  const capture = `${place.replace('.', '-')}.pcap`
  const head = differences.length === 0 ? 'seen' : 'nearest'
  const where = numberOfAll === 0 ? '' : `, frame ${number} of ${capture}, ${numberOfAll} of all`
  const rows = [row(head, `${place} ${direction} ${text}`), row('', `at ${showNs(timeNs)}${where}`)]
  for (const { name, expected, actual } of differences) {
    rows.push(row('', `${name}: ${expected} expected, ${actual} seen`))
  }
  if (rule !== undefined) rows.push(row('rule', rule))
  return rows
}

/** The command that tells the journey of a frame. */
function closer({ command, file }: Verdict, frame: number): string {
  const options = command.slice(`vipwire run ${file}`.length)
  return `vipwire why ${file} ${frame}${options}`
}

function row(head: string, text: string): string {
  return `  ${head.padEnd(HEAD_WIDTH)}${text}`
}
