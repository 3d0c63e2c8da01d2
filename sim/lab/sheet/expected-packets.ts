import type { Plan } from '../../../topology/plan.ts'
import { compile } from '../../filter/index.ts'
import { familyProblem } from './check-families.ts'
import { suggestion } from './nearest.ts'
import { parsePacketLine, parsePlace } from './packet-line.ts'
import type { Problems } from './problems.ts'
import type { Chooser } from './complete-nat.ts'
import type { Path } from './source.ts'
import type {
  EndPattern,
  HostPattern,
  LinePlace,
  PacketLine,
  PacketPattern,
  ServiceSheet,
  StepSheet,
  Where,
  With,
} from './types.ts'

/** What expectations may speak of. */
export interface Context {
  readonly plan: Plan
  readonly services: readonly ServiceSheet[]
  /** Services and, behind them, rules of `nat`: numbers of decisions are places in this list. */
  readonly choosers: readonly Chooser[]
  /** Services that could not be read. */
  readonly brokenServices: readonly string[]
  readonly steps: readonly StepSheet[]
  /** Indices of steps that could not be read. */
  readonly brokenSteps: ReadonlySet<number>
  readonly problems: Problems
}

/** Compiles a display filter, to report what is wrong with it. */
export function checkFilter(
  text: string | undefined,
  path: Path,
  context: Pick<Context, 'problems'>,
): void {
  if (text === undefined) return
  const result = compile(text)
  if ('problem' in result) {
    context.problems.errorInside(path, result.column, result.problem, result.hint)
  }
}

/** A packet line whose every machine, interface and reference is there. */
export function readLine(text: string, path: Path, context: Context): PacketLine {
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

/** `lb.inside`, with `in` or `out` behind it. */
export function readWhere(text: string, path: Path, context: Context): Where {
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

export function readPlaceOf(text: string, path: Path, context: Context): LinePlace {
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
    const hint = suggestion(place.node, known)
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
  const hint = suggestion(iface, known)
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
  const mixed = familyProblem(packet, context.plan)
  if (mixed !== undefined) context.problems.errorInside(path, 0, mixed.problem, mixed.hint)
  if ('inner' in packet && packet.inner !== undefined) {
    checkPacket(packet.inner, text, path, context)
  }
}

function nodeIndexInside(name: string, text: string, path: Path, context: Context): void {
  const known = context.plan.nodes.map((node) => node.name)
  const hint = suggestion(name, known)
  context.problems.errorInside(path, text.lastIndexOf(name), `there is no machine '${name}'${hint}`)
}

function checkReference(reference: string, text: string, path: Path, context: Context): void {
  const match = /^\$([^.]+)\.([^.]+)\.(mac|ip|ip6)$/.exec(reference)
  const node = context.plan.nodes.find((one) => one.name === match?.[1])
  const iface = node?.interfaces.find((one) => one.name === match?.[2])
  const at = Math.max(text.indexOf(reference), 0)
  if (iface === undefined) {
    const problem = `'${reference}' points to nothing; write $MACHINE.INTERFACE.mac, .ip or .ip6`
    return context.problems.errorInside(path, at, problem)
  }
  const family = match![3] === 'ip' ? 4 : 6
  if (match![3] === 'mac' || iface.addresses.some(({ address }) => address.family === family))
    return
  const place = `${match![1]}.${match![2]}`
  context.problems.errorInside(path, at, `${place} has no address of IPv${family}`)
}

/** Fields by Wireshark's names, and their values. */
export function readWith(
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
