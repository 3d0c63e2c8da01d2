import type { Stability } from './types.ts'

/** What to compare when nothing is said: everything. */
export const EXACT: Stability = { cls: 'exact' }

/**
 * What `stable.json` (parsed) says about one capture. The file lies beside the captures, naming
 * them `HOST:INTERFACE`, or one folder above, naming the folders first. Returns a sentence when it
 * is malformed.
 */
export function stabilityOf(json: unknown, folder: string, capture: string): Stability | string {
  const root = record(json)
  if (root === undefined) return 'stable.json holds no map'
  const scenario = record(root[folder]) ?? root
  const entry = record(scenario[capture.replace('-', ':')] ?? scenario[capture])
  if (entry === undefined) return EXACT
  if (entry['class'] === 'exact') return EXACT
  if (entry['class'] !== 'projected') {
    return `stable.json: class of ${capture} is neither 'exact' nor 'projected'`
  }
  const stable = record(entry['stable']) ?? {}
  const items = Object.keys(stable).filter((item) => stable[item] === true)
  return { cls: 'projected', items }
}

function record(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Record<string, unknown>
}
