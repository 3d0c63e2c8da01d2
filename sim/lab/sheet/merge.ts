/** A drawing that names another and overrides it (sheet language §1.3). */

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Maps merge key by key, scalars and lists replace. The short form of a map counts as one. */
export function merged(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over === undefined ? base : over
  const result: Record<string, unknown> = { ...base }
  for (const key of Object.keys(over)) result[key] = merged(base[key], over[key])
  return result
}

/** The drawing without the machines in `names`; says which of them are not there. */
export function withoutMachines(
  drawing: Record<string, unknown>,
  names: readonly string[],
): { drawing: Record<string, unknown>; missing: string[] } {
  const nodes = isMap(drawing['nodes']) ? { ...drawing['nodes'] } : {}
  const missing = names.filter((name) => !(name in nodes))
  for (const name of names) delete nodes[name]
  return { drawing: { ...drawing, nodes }, missing }
}

export { isMap }
