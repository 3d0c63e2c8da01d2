import type { Plan } from '../../../topology/plan.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { RawSheet } from './schema/sheet.ts'
import type { NoteSheet } from './types.ts'

/** Remarks in the order of time; each names a machine or network that is there, or none. */
export function completeNotes(
  raw: NonNullable<RawSheet['notes']>,
  plan: Plan,
  problems: Problems,
): NoteSheet[] {
  const known = [...plan.nodes, ...plan.networks].map(({ name }) => name)
  return raw
    .map(({ at, beside, text }, i): NoteSheet => {
      if (beside !== undefined && !known.includes(beside)) {
        const hint = suggestion(beside, known)
        problems.error(['notes', i, 'beside'], `there is no machine or network '${beside}'${hint}`)
      }
      return { ...problems.placeOf(['notes', i]), atNs: at, beside, text }
    })
    .sort((a, b) => a.atNs - b.atNs || a.line - b.line || a.column - b.column)
}
