import type * as z from 'zod'
import { completeDrawing } from '../../../topology/complete.ts'
import type { Drawing } from '../../../topology/drawing.ts'
import { NAMED_DRAWINGS } from '../../../topology/named.ts'
import type { Plan } from '../../../topology/plan.ts'
import { isMap, merged, withoutMachines } from './merge.ts'
import { suggestion } from './nearest.ts'
import { Problems } from './problems.ts'
import { withoutWrong } from './salvage.ts'
import { drawing as drawingSchema } from './schema/drawing.ts'
import { readSource, type Source } from './source.ts'
import type { SheetProblem } from './types.ts'

/** The completed drawing of a sheet; undefined when its mistakes leave nothing to go on with. */
export function readDrawing(
  value: unknown,
  source: Source,
  read: (name: string) => string | undefined,
  problems: SheetProblem[],
): Plan | undefined {
  const report = new Problems(source, ['topology'])
  let plan: Plan | undefined
  const whole = resolveUse(value, report, read)
  if (whole !== undefined) {
    const parsed = drawingSchema.safeParse(whole)
    if (!parsed.success) report.addIssues(parsed.error.issues)
    const readable = parsed.success ? parsed.data : salvaged(whole, parsed.error.issues)
    warnLongForms(whole, report)
    if (readable !== undefined) plan = completeDrawing(readable as Drawing, report)
  }
  problems.push(...report.list)
  return plan
}

function salvaged(whole: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const parsed = drawingSchema.safeParse(withoutWrong(whole, issues))
  return parsed.success ? parsed.data : undefined
}

function warnLongForms(drawing: unknown, report: Problems): void {
  const { networks, nodes } = drawing as Record<string, unknown>
  for (const name of namesOf(networks)) report.warnLongForm(['networks', name], 'subnets')
  for (const name of namesOf(nodes)) {
    const node = (nodes as Record<string, unknown>)[name]
    const interfaces = isMap(node) ? node['interfaces'] : undefined
    for (const each of namesOf(interfaces)) {
      report.warnLongForm(['nodes', name, 'interfaces', each], 'addresses')
    }
  }
}

function namesOf(map: unknown): readonly string[] {
  return isMap(map) ? Object.keys(map) : []
}

/** The drawing with what it uses merged in. */
function resolveUse(
  value: unknown,
  report: Problems,
  read: (name: string) => string | undefined,
): unknown {
  const map = typeof value === 'string' ? { use: value } : value
  if (!isMap(map)) {
    report.error([], 'a drawing is needed here: a name such as inline, or a map')
    return undefined
  }
  const usePath = typeof value === 'string' ? [] : ['use']
  const name = map['use']
  const { use: _use, without, ...own } = map
  if (name === undefined) return withoutThese(own, without, report)
  if (typeof name !== 'string') {
    report.error(usePath, 'the name of a drawing is needed here')
    return undefined
  }
  if (typeof value !== 'string' && Object.keys(map).length === 1) {
    report.warn([], `{ use: ${name} } alone is written shorter: topology: ${name}`)
  }
  const named = Object.hasOwn(NAMED_DRAWINGS, name) ? NAMED_DRAWINGS[name] : undefined
  const text = name.startsWith('.') ? read(name) : named
  if (text === undefined) {
    const known = Object.keys(NAMED_DRAWINGS)
    const problem = name.startsWith('.')
      ? `the file ${name} cannot be read`
      : `unknown drawing '${name}'${suggestion(name, known)}`
    report.error(usePath, problem)
    return undefined
  }
  const base = readSource(text)
  const first = base.problems[0]
  if (first !== undefined || !isMap(base.value)) {
    report.error(
      usePath,
      `${name}:${first?.line ?? 1}:${first?.column ?? 1}: ${first?.problem ?? 'no drawing'}`,
    )
    return undefined
  }
  return withoutThese(merged(inLongForm(base.value), inLongForm(own)), without, report)
}

function withoutThese(drawing: unknown, without: unknown, report: Problems): unknown {
  if (without === undefined || !isMap(drawing)) return drawing
  if (!Array.isArray(without) || !without.every((item) => typeof item === 'string')) {
    report.error(['without'], 'a list of machines is needed here')
    return drawing
  }
  const result = withoutMachines(drawing, without)
  for (const name of result.missing) {
    report.error(['without', without.indexOf(name)], `there is no machine '${name}' to leave out`)
  }
  return result.drawing
}

/** Networks and interfaces in their long form, so that an override merges with either. */
function inLongForm(drawing: Record<string, unknown>): Record<string, unknown> {
  const long = (value: unknown, key: string): unknown =>
    typeof value === 'string' ? { [key]: [value] } : value
  const mapped = (value: unknown, each: (item: unknown) => unknown): unknown =>
    isMap(value)
      ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, each(item)]))
      : value
  const result = { ...drawing }
  if ('networks' in drawing) {
    result['networks'] = mapped(drawing['networks'], (network) => long(network, 'subnets'))
  }
  if ('nodes' in drawing) {
    result['nodes'] = mapped(drawing['nodes'], (node) =>
      isMap(node) && 'interfaces' in node
        ? { ...node, interfaces: mapped(node['interfaces'], (iface) => long(iface, 'addresses')) }
        : node,
    )
  }
  return result
}
