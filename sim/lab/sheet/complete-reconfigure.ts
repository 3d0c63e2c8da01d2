import type { Problems } from './problems.ts'
import type { BrokenStep } from './salvage.ts'
import type { RawService } from './schema/services.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import type { ChangeSheet, CheckSheet, ServiceSettings } from './types.ts'

/** Keys that a step may replace, and what they are in a completed service. */
const PARTS = {
  forward: ['forward', 'sources'],
  schedule: ['schedule', 'scheduleSettings'],
  'one-packet': ['onePacket'],
  persist: ['persist'],
  health: [],
  groups: ['groups'],
  'when-down': ['whenDown'],
  quorum: ['quorum'],
  panic: ['panicBelow'],
  'slow-start': ['slowStartNs'],
  passive: ['passive'],
} as const satisfies Readonly<Record<string, readonly (keyof ServiceSettings)[]>>
type Part = keyof typeof PARTS
const KEYS = Object.keys(PARTS) as readonly Part[]

/** Completes a service as it is after a step; what is wrong stands at `path`, for these keys. */
export type CompleteAt = (
  service: RawService,
  path: Path,
  keys: readonly string[],
) => { readonly settings: ServiceSettings; readonly checks: readonly CheckSheet[] }

/**
 * What steps will change of the service of this name, by their places among the steps. Each sees
 * what those before it have changed, in the order in which they stand.
 */
export function changesOf(
  steps: readonly (RawStep | BrokenStep)[],
  name: string,
  service: RawService,
  completeAt: CompleteAt,
  problems: Problems,
): Map<number, ChangeSheet> {
  const changes = new Map<number, ChangeSheet>()
  let now = service
  for (const [i, step] of steps.entries()) {
    if (step.verb !== 'reconfigure' || step.reconfigure !== name) continue
    const path: Path = ['steps', i]
    const keys = KEYS.filter((key) => step[key] !== undefined)
    if (keys.length === 0) {
      const problem = "'reconfigure' changes nothing here"
      problems.error(path, problem, `give it one of ${KEYS.join(', ')}`)
      continue
    }
    now = { ...now, ...Object.fromEntries(keys.map((key) => [key, step[key]])) }
    const { settings, checks } = completeAt(now, path, keys)
    const parts = keys.flatMap((key): readonly (keyof ServiceSettings)[] => PARTS[key])
    changes.set(i, {
      settings: Object.fromEntries(parts.map((part) => [part, settings[part]])),
      checks: keys.includes('health') ? checks : undefined,
    })
  }
  return changes
}

/** Words of all schedulers that a service has in its life, the first one first. */
export function schedulesOf(first: string, changes: ReadonlyMap<number, ChangeSheet>): string[] {
  const later = [...changes.values()].flatMap(({ settings: { schedule } }) => schedule ?? [])
  return [...new Set([first, ...later])]
}
