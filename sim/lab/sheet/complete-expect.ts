import type { Plan } from '../../../topology/plan.ts'
import { compile } from '../../filter/index.ts'
import { DROPS } from '../../trace/index.ts'
import { nearest } from './nearest.ts'
import { nodeIndex } from './complete-programs.ts'
import { stepIndex } from './complete-steps.ts'
import { parsePacketLine, parsePlace } from './packet-line.ts'
import type { Problems } from './problems.ts'
import type { RawExpectation } from './schema/expect.ts'
import type { Path } from './source.ts'
import { readTableName } from './table-name.ts'
import type {
  Bound,
  EndPattern,
  ExpectationSheet,
  HostPattern,
  LinePlace,
  PacketLine,
  PacketPattern,
  ServiceSheet,
  StepSheet,
  Where,
  With,
} from './types.ts'

const AT_LEAST_ONE: Bound = {
  min: 1,
  max: Number.POSITIVE_INFINITY,
  text: 'at least 1',
  percent: false,
}

interface Context {
  readonly plan: Plan
  readonly services: readonly ServiceSheet[]
  readonly steps: readonly StepSheet[]
  readonly problems: Problems
}

/** Expectations with every reference resolved and every line parsed. */
export function completeExpectations(
  raw: readonly RawExpectation[],
  context: Context,
): ExpectationSheet[] {
  return raw.map((one, index) => {
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
    case 'dropped':
      return completeDropped(one, base, path, context)
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
    default:
      return completeServing(one, base, path, context)
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

type Serving = Extract<RawExpectation, { kind: 'served' | 'sequence' | 'response' }>

function completeServing(one: Serving, base: Base, path: Path, context: Context): ExpectationSheet {
  const { plan, problems } = context
  if (one.kind === 'response') return completeResponse(one, base, path, context)
  const service = readService(one.service, path, context)
  if (one.kind === 'sequence') {
    const servers = one.sequence.map((name, i) =>
      nodeIndex(plan, name, [...path, 'sequence', i], problems),
    )
    return { ...base, kind: 'sequence', servers, service, during: one.during }
  }
  const servers = Object.entries(one.served).map(([name, bound]) => ({
    node: nodeIndex(plan, name, [...path, 'served', name], problems),
    bound,
  }))
  return { ...base, kind: 'served', servers, service, during: one.during }
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
  const { services, problems } = context
  if (services.length === 0) problems.error(path, 'this sheet has no service')
  if (name === undefined) return undefined
  const index = services.findIndex((service) => service.name === name)
  const known = services.map((service) => service.name)
  if (index < 0) {
    problems.error(
      [...path, 'service'],
      `there is no service '${name}'; known: ${known.join(', ')}`,
    )
  }
  return Math.max(index, 0)
}

function checkFilter(text: string | undefined, path: Path, context: Context): void {
  if (text === undefined) return
  const result = compile(text)
  if ('problem' in result) {
    context.problems.errorInside(path, result.column, result.problem, result.hint)
  }
}

function readLine(text: string, path: Path, context: Context): PacketLine {
  const place = context.problems.placeOf(path)
  const result = parsePacketLine(text)
  if ('problem' in result) {
    context.problems.errorInside(path, result.at, result.problem, result.hint)
    const any = { kind: 'any' } as const
    const packet: PacketPattern = { kind: 'ip', from: any, to: any, details: {} }
    return { ...place, text, place: { node: '*', iface: undefined }, direction: 'in', packet }
  }
  checkPlace(result.place, text, path, context)
  checkPacket(result.packet, text, path, context)
  return { ...place, text: text.replace(/\s+/g, ' '), ...result }
}

function readWhere(text: string, path: Path, context: Context): Where {
  const [word = '', direction, more] = text.trim().split(/\s+/)
  if (
    more !== undefined ||
    (direction !== undefined && direction !== 'in' && direction !== 'out')
  ) {
    context.problems.error(
      path,
      `'${text}' is no place; write MACHINE.INTERFACE, then in or out if needed`,
    )
  }
  const place = readPlaceOf(word, path, context)
  return { place, direction: direction as 'in' | 'out' | undefined }
}

function readPlaceOf(text: string, path: Path, context: Context): LinePlace {
  const place = parsePlace(text)
  if (typeof place === 'string') {
    context.problems.error(path, place)
    return { node: '*', iface: undefined }
  }
  checkPlace(place, text, path, context)
  return place
}

/** Whether `pattern` (with `*` for any characters) fits `name`. */
export function fits(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`).test(name)
}

function checkPlace(place: LinePlace, text: string, path: Path, context: Context): void {
  const { plan, problems } = context
  const nodes = plan.nodes.filter((node) => fits(place.node, node.name))
  if (nodes.length === 0) {
    const known = plan.nodes.map((node) => node.name)
    const near = nearest(place.node, known)
    const hint = near === undefined ? `; known: ${known.join(', ')}` : `; did you mean '${near}'?`
    problems.errorInside(
      path,
      text.indexOf(place.node),
      `there is no machine '${place.node}'${hint}`,
    )
    return
  }
  const { iface } = place
  if (iface === undefined) return
  if (nodes.some((node) => node.interfaces.some((one) => fits(iface, one.name)))) return
  const known = nodes.flatMap((node) => node.interfaces.map((one) => one.name))
  const near = nearest(iface, known)
  const hint = near === undefined ? `; known: ${known.join(', ')}` : `; did you mean '${near}'?`
  const column = text.indexOf('.') + 1
  problems.errorInside(path, column, `${place.node} has no interface '${iface}'${hint}`)
}

function checkPacket(packet: PacketPattern, text: string, path: Path, context: Context): void {
  const hosts: HostPattern[] = []
  if (packet.kind === 'arp') hosts.push(packet.address, packet.tell)
  else if (packet.kind === 'transport') {
    hosts.push((packet.from as EndPattern).host, (packet.to as EndPattern).host)
  } else hosts.push(packet.from, packet.to)
  for (const host of hosts) {
    if (host.kind === 'node' && !context.plan.nodes.some((node) => node.name === host.node)) {
      nodeIndexInside(host.node, text, path, context)
    }
    if (host.kind === 'reference') checkReference(host.reference, text, path, context)
  }
  if (packet.kind === 'arp' && packet.mac.kind === 'reference') {
    checkReference(packet.mac.reference, text, path, context)
  }
  if ('inner' in packet && packet.inner !== undefined) {
    checkPacket(packet.inner, text, path, context)
  }
}

function nodeIndexInside(name: string, text: string, path: Path, context: Context): void {
  const known = context.plan.nodes.map((node) => node.name)
  const near = nearest(name, known)
  const hint = near === undefined ? `; known: ${known.join(', ')}` : `; did you mean '${near}'?`
  context.problems.errorInside(path, text.lastIndexOf(name), `there is no machine '${name}'${hint}`)
}

function checkReference(reference: string, text: string, path: Path, context: Context): void {
  const match = /^\$([^.]+)\.([^.]+)\.(mac|ip|ip6)$/.exec(reference)
  const node = context.plan.nodes.find((one) => one.name === match?.[1])
  const iface = node?.interfaces.find((one) => one.name === match?.[2])
  if (iface !== undefined) return
  const problem = `'${reference}' points to nothing; write $MACHINE.INTERFACE.mac, .ip or .ip6`
  context.problems.errorInside(path, Math.max(text.indexOf(reference), 0), problem)
}

function readWith(
  fields: Readonly<Record<string, string | number>> | undefined,
  path: Path,
  context: Context,
): With {
  return Object.entries(fields ?? {}).map(([field, value]) => {
    const result = compile(field)
    if ('problem' in result) {
      context.problems.keyError([...path, field], result.problem, result.hint)
    }
    if (typeof value === 'string' && value.startsWith('$')) {
      checkReference(value, value, [...path, field], context)
    }
    return [field, value] as const
  })
}
