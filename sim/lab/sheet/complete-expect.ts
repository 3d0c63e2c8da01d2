import { DROPS } from '../../trace/index.ts'
import { nearest, suggestion } from './nearest.ts'
import { nodeIndex } from './complete-programs.ts'
import {
  checkFilter,
  type Context,
  readLine,
  readPlaceOf,
  readWhere,
  readWith,
} from './expected-packets.ts'
import { stepIndex } from './complete-steps.ts'
import type { RawExpectation } from './schema/expect.ts'
import type { Path } from './source.ts'
import { readTableName } from './table-name.ts'
import type { Bound, ExpectationSheet } from './types.ts'

const AT_LEAST_ONE: Bound = {
  min: 1,
  max: Number.POSITIVE_INFINITY,
  text: 'at least 1',
  percent: false,
}

/** Expectations with every reference resolved and every line parsed. */
export function completeExpectations(
  raw: readonly (RawExpectation | undefined)[],
  context: Context,
): ExpectationSheet[] {
  return raw.flatMap((one, index) => {
    if (one === undefined) return []
    const path: Path = ['expect', index]
    const base = { ...context.problems.placeOf(path), index, why: one.why }
    return completeOne(one, base, path, context)
  })
}

type Base = Pick<ExpectationSheet, 'line' | 'column' | 'index' | 'why'>

function completeOne(
  one: RawExpectation,
  base: Base,
  path: Path,
  context: Context,
): ExpectationSheet {
  switch (one.kind) {
    case 'path':
      return {
        ...base,
        kind: 'path',
        lines: one.path.map((text, i) => readLine(text, [...path, 'path', i], context)),
        nth: one.nth ?? 1,
        complete: one.complete ?? false,
      }
    case 'packet':
      return {
        ...base,
        kind: 'packet',
        packetLine: readLine(one.packet, [...path, 'packet'], context),
        with: readWith(one.with, [...path, 'with'], context),
        at: one.at,
        times: one.times ?? AT_LEAST_ONE,
        during: one.during,
      }
    case 'never':
      return {
        ...base,
        kind: 'never',
        packetLine: readLine(one.never, [...path, 'never'], context),
        with: readWith(one.with, [...path, 'with'], context),
        during: one.during,
      }
    case 'dropped':
      return completeDropped(one, base, path, context)
    case 'order':
    case 'count':
    case 'table':
      return completeOthers(one, base, path, context)
    default:
      return completeServing(one, base, path, context)
  }
}

function completeOthers(
  one: Extract<RawExpectation, { kind: 'order' | 'count' | 'table' }>,
  base: Base,
  path: Path,
  context: Context,
): ExpectationSheet {
  switch (one.kind) {
    case 'order': {
      const lines = one.order.map((text, i) => readLine(text, [...path, 'order', i], context))
      checkFilter(one.only, [...path, 'only'], context)
      return { ...base, kind: 'order', lines, only: one.only }
    }
    case 'count': {
      checkFilter(one.filter, [...path, 'filter'], context)
      const where = one.where.map((text, i) =>
        readWhere(
          text,
          one.where.length === 1 ? [...path, 'where'] : [...path, 'where', i],
          context,
        ),
      )
      return {
        ...base,
        kind: 'count',
        count: one.count,
        where,
        filter: one.filter,
        during: one.during,
      }
    }
    case 'table':
      return {
        ...base,
        kind: 'table',
        table: readTableName(one.table, context.plan, [...path, 'table'], context.problems),
        atNs: one.at,
        match: one.match ?? {},
        rows: one.rows,
        has: one.has ?? [],
      }
  }
}

function completeDropped(
  one: Extract<RawExpectation, { kind: 'dropped' }>,
  base: Base,
  path: Path,
  context: Context,
): ExpectationSheet {
  if (!(DROPS as readonly string[]).includes(one.dropped)) {
    const near = nearest(one.dropped, DROPS)
    const hint = near === undefined ? `; see 'vipwire list drops'` : `; did you mean '${near}'?`
    context.problems.error([...path, 'dropped'], `unknown drop reason '${one.dropped}'${hint}`)
  }
  const where =
    one.where === undefined ? undefined : readPlaceOf(one.where, [...path, 'where'], context)
  const times = one.times ?? AT_LEAST_ONE
  return { ...base, kind: 'dropped', reason: one.dropped, where, times, during: one.during }
}

type Serving = Extract<
  RawExpectation,
  { kind: 'served' | 'sequence' | 'health' | 'response' | 'connections' }
>

function completeServing(one: Serving, base: Base, path: Path, context: Context): ExpectationSheet {
  if (one.kind === 'response') return completeResponse(one, base, path, context)
  // Only services keep connections; rules of `nat` choose as well.
  const asked = one.kind === 'connections' ? { ...context, choosers: context.services } : context
  const service = readService(one.service, path, asked)
  if (one.kind === 'sequence') {
    const servers = one.sequence.map((name, i) =>
      serverIndex(name, service, [...path, 'sequence', i], context),
    )
    return { ...base, kind: 'sequence', servers, service, during: one.during }
  }
  if (one.kind === 'health') {
    const node = serverIndex(one.health, service, [...path, 'health'], context)
    const changes = one.changes.map(({ at, to }) => ({ at, up: to === 'up' }))
    return { ...base, kind: 'health', node, service, changes }
  }
  if (one.kind === 'connections') {
    const servers = Object.entries(one.connections).map(([name, { active, inactive }]) => {
      const node = serverIndex(name, service, [...path, 'connections', name], context)
      return { node, active, inactive }
    })
    return { ...base, kind: 'connections', servers, service, atNs: one.at }
  }
  const servers = Object.entries(one.served).map(([name, bound]) => ({
    node: serverIndex(name, service, [...path, 'served', name], context),
    bound,
  }))
  return { ...base, kind: 'served', servers, service, during: one.during }
}

/** Index of a machine that a service can choose; of any service when none is named. */
function serverIndex(
  name: string,
  service: number | undefined,
  path: Path,
  context: Context,
): number {
  const { plan, choosers, brokenServices, problems } = context
  const node = nodeIndex(plan, name, path, problems)
  if (node < 0 || brokenServices.length > 0) return node
  const asked = service === undefined ? choosers : choosers.slice(service, service + 1)
  const servers = asked.flatMap((one) => one.servers)
  if (servers.length === 0 || servers.some((server) => server.node === node)) return node
  const known = [...new Set(servers.map((server) => plan.nodes[server.node]!.name))]
  const whose = asked.length === 1 ? `service '${asked[0]!.name ?? ''}'` : 'any service'
  problems.error(path, `'${name}' is no server of ${whose}; servers: ${known.join(', ')}`)
  return node
}

const SILENT_VERBS: readonly string[] = [
  'flush',
  'syn-flood',
  'sysctl',
  'add',
  'remove',
  'set',
  'impair',
  'cut',
  'crash',
  'stop',
  'hang',
]
const HTTP_VERBS: readonly string[] = ['get', 'post', 'load']

/** Only what is asked is answered, and only HTTP with a status and headers. */
function checkAnswer(
  one: Extract<RawExpectation, { kind: 'response' }>,
  step: number,
  path: Path,
  { steps, brokenSteps, problems }: Context,
): void {
  const asked = steps[step]
  if (asked === undefined || brokenSteps.has(step)) return
  if (SILENT_VERBS.includes(asked.verb)) {
    problems.error([...path, 'response'], `'${asked.verb}' asks nobody, so there is no response`)
  } else if (asked.verb === 'datagram' && asked.sources !== undefined) {
    const problem = 'the answers go to the senders it invents, so there is no response'
    problems.error([...path, 'response'], problem)
  } else if (!HTTP_VERBS.includes(asked.verb)) {
    for (const key of ['status', 'headers'] as const) {
      if (one[key] === undefined) continue
      problems.keyError([...path, key], `the answer to '${asked.verb}' has no ${key}`)
    }
  }
}

function completeResponse(
  one: Extract<RawExpectation, { kind: 'response' }>,
  base: Base,
  path: Path,
  context: Context,
): ExpectationSheet {
  const { plan, problems, steps } = context
  const names = steps.map((step) => step.name)
  const step = stepIndex(one.response, names, [...path, 'response'], problems)
  checkAnswer(one, step, path, context)
  const { outcome } = one
  return {
    ...base,
    kind: 'response',
    step: Math.max(step, 0),
    status: one.status,
    server:
      one.server === undefined
        ? undefined
        : nodeIndex(plan, one.server, [...path, 'server'], problems),
    body: one.body,
    contains: one.contains,
    headers: Object.entries(one.headers ?? {}),
    bytes: one.bytes,
    took: one.took,
    outcome,
  }
}

function readService(name: string | undefined, path: Path, context: Context): number | undefined {
  const { choosers, brokenServices, problems } = context
  if (name === undefined && brokenServices.length > 0) return undefined
  if (name !== undefined && brokenServices.includes(name)) return undefined
  if (!choosers.some(({ servers }) => servers.length > 0)) {
    problems.error(path, 'this sheet has no service')
  }
  if (name === undefined) return undefined
  const index = choosers.findIndex((one) => one.name === name)
  const known = choosers.flatMap((one) => one.name ?? [])
  if (index < 0) {
    problems.error([...path, 'service'], `there is no service '${name}'${suggestion(name, known)}`)
  }
  return Math.max(index, 0)
}
