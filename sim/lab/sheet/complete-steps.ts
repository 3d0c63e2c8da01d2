import type { Plan } from '../../../topology/plan.ts'
import { parseAddress, parseEndpoint } from '../../wire/address.ts'
import { completeHeaders, completeOperations, nodeIndex } from './complete-programs.ts'
import { nearest } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { Chosen } from './schema/choice.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import { readTableName } from './table-name.ts'
import type { StepSheet, Target, Traffic } from './types.ts'

const DEFAULT_TIMEOUT_NS = 60_000_000_000
const DEFAULT_PING_OCTETS = 56

/** Steps with every reference resolved. */
export function completeSteps(
  raw: readonly RawStep[],
  plan: Plan,
  problems: Problems,
): StepSheet[] {
  const names = raw.map((step, i) => step.name ?? `step-${i + 1}`)
  checkNames(raw, plan, problems)
  const steps: StepSheet[] = []
  let before = 0
  for (const [index, step] of raw.entries()) {
    const path: Path = ['steps', index]
    if (step.at !== undefined && step.at < before) {
      problems.warn(
        [...path, 'at'],
        'this step stands behind a later one; steps stand in the order of their instants',
      )
    }
    before = Math.max(before, step.at ?? before)
    const base = {
      ...problems.placeOf(path),
      name: names[index]!,
      index,
      ...timing(step, index, names, path, problems),
      note: step.note,
    }
    steps.push(completeStep(step, base, raw, names, plan, path, problems))
  }
  return steps
}

type Base = Pick<
  StepSheet,
  'line' | 'column' | 'name' | 'index' | 'atNs' | 'after' | 'waitNs' | 'note'
>

function checkNames(raw: readonly RawStep[], plan: Plan, problems: Problems): void {
  const seen = new Map<string, number>()
  for (const [i, step] of raw.entries()) {
    if (step.name === undefined) continue
    const path: Path = ['steps', i, 'name']
    if (seen.has(step.name))
      problems.error(path, `step ${seen.get(step.name)! + 1} has this name already`)
    if (plan.nodes.some((node) => node.name === step.name)) {
      problems.error(path, `'${step.name}' names a machine; choose another name`)
    }
    if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(step.name)) {
      problems.error(path, `'${step.name}' is no name: a letter, then letters, digits and hyphens`)
    }
    seen.set(step.name, i)
  }
}

function timing(
  step: RawStep,
  index: number,
  names: readonly string[],
  path: Path,
  problems: Problems,
): { atNs: number | undefined; after: number | undefined; waitNs: number } {
  if (step.after === undefined) {
    if (step.wait !== undefined) problems.error([...path, 'wait'], `'wait' goes with 'after'`)
    if (step.at === undefined) problems.error(path, `a step needs an instant: 'at' or 'after'`)
    return { atNs: step.at ?? 0, after: undefined, waitNs: 0 }
  }
  if (step.at !== undefined)
    problems.error([...path, 'after'], `'at' and 'after' exclude each other`)
  const after = stepIndex(step.after, names, [...path, 'after'], problems)
  if (after >= index) problems.error([...path, 'after'], `'${step.after}' is not an earlier step`)
  return { atNs: undefined, after: Math.max(after, 0), waitNs: step.wait ?? 0 }
}

/** Index of a step by name, or a problem with the nearest name. */
export function stepIndex(
  name: string,
  names: readonly string[],
  path: Path,
  problems: Problems,
): number {
  const index = names.indexOf(name)
  if (index < 0) {
    const near = nearest(name, names)
    const hint = near === undefined ? `; known: ${names.join(', ')}` : `; did you mean '${near}'?`
    problems.error(path, `there is no step '${name}'${hint}`)
  }
  return index
}

function completeStep(
  step: RawStep,
  base: Base,
  raw: readonly RawStep[],
  names: readonly string[],
  plan: Plan,
  path: Path,
  problems: Problems,
): StepSheet {
  switch (step.verb) {
    case 'continue': {
      const target = stepIndex(step.continue, names, [...path, 'continue'], problems)
      if (target >= 0 && raw[target]!.verb !== 'connect') {
        problems.error([...path, 'continue'], `'${step.continue}' is no 'connect' step`)
      }
      return {
        ...base,
        verb: 'continue',
        step: Math.max(target, 0),
        operations: completeOperations(step.do as Chosen[]),
      }
    }
    case 'flush': {
      const table = readTableName(step.flush, plan, [...path, 'flush'], problems)
      return { ...base, verb: 'flush', table }
    }
    case 'sysctl': {
      const node = nodeIndex(plan, step.node, [...path, 'node'], problems)
      return { ...base, verb: 'sysctl', node: Math.max(node, 0), settings: step.sysctl }
    }
    default:
      return completeTraffic(step, base, plan, path, problems)
  }
}

type RawTraffic = Exclude<RawStep, { verb: 'continue' | 'flush' | 'sysctl' }>

function completeTraffic(
  step: RawTraffic,
  base: Base,
  plan: Plan,
  path: Path,
  problems: Problems,
): StepSheet {
  const node = nodeIndex(plan, step.from, [...path, 'from'], problems)
  const traffic: Omit<Traffic, keyof Base> = {
    node: Math.max(node, 0),
    times: step.times ?? 1,
    everyNs: step.every,
    timeoutNs: step.timeout ?? DEFAULT_TIMEOUT_NS,
    sourcePort: step['source-port'] ?? 0,
    source: step.source,
    ttl: step.ttl ?? 0,
    dontFragment: step['dont-fragment'] ?? 'when-it-fits',
  }
  const common = { ...base, ...traffic }
  switch (step.verb) {
    case 'get':
    case 'post': {
      const url = readUrl(
        step.verb === 'get' ? step.get : step.post,
        [...path, step.verb],
        problems,
      )
      const body = step.verb === 'post' ? step.body : undefined
      const size = step.verb === 'post' ? (step.size ?? 0) : 0
      const headers = completeHeaders(step.headers)
      const keepAlive = step['keep-alive'] ?? false
      return { ...common, verb: step.verb, ...url, headers, body, size, keepAlive }
    }
    case 'connect': {
      const target = readTarget(step.connect, 'tcp', [...path, 'connect'], problems)
      return {
        ...common,
        verb: 'connect',
        target,
        operations: completeOperations((step.do ?? []) as Chosen[]),
      }
    }
    case 'datagram': {
      const target = readTarget(step.datagram, 'udp', [...path, 'datagram'], problems)
      const size = step.size ?? step.text?.length ?? 0
      return {
        ...common,
        verb: 'datagram',
        target,
        size,
        text: step.text,
        answers: step.answers ?? 1,
      }
    }
    case 'ping': {
      const target = hostTarget(step.ping, 0)
      if (step.times !== undefined && step.every === undefined) {
        return {
          ...common,
          everyNs: 1_000_000_000,
          verb: 'ping',
          target,
          size: step.size ?? DEFAULT_PING_OCTETS,
          ident: step.id ?? 0,
        }
      }
      return {
        ...common,
        verb: 'ping',
        target,
        size: step.size ?? DEFAULT_PING_OCTETS,
        ident: step.id ?? 0,
      }
    }
    case 'resolve':
      return {
        ...common,
        verb: 'resolve',
        question: step.resolve,
        type: step.type ?? 'A',
        ident: step.id ?? 0,
      }
    case 'load':
      return completeLoad(step, common, path, problems)
  }
}

function completeLoad(
  step: Extract<RawStep, { verb: 'load' }>,
  common: Base & Omit<Traffic, keyof Base>,
  path: Path,
  problems: Problems,
): StepSheet {
  const { kind, value } = step.arrivals
  const arrivals =
    kind === 'closed' ? ({ kind, users: value } as const) : ({ kind, perSecond: value } as const)
  const rest = { forNs: step.for, sources: step.sources, size: step.size ?? 0, arrivals }
  if (/^https?:/.test(step.load)) {
    const { target, host, path: page } = readUrl(step.load, [...path, 'load'], problems)
    return { ...common, verb: 'load', target, host, path: page, ...rest }
  }
  const target = readTarget(step.load, 'tcp', [...path, 'load'], problems)
  return { ...common, verb: 'load', target, host: '', path: undefined, ...rest }
}

const NOWHERE: Target = { kind: 'name', name: '', port: 0 }

function readUrl(
  text: string,
  path: Path,
  problems: Problems,
): { target: Target; host: string; path: string } {
  const match = /^(\w+):\/\/(\[[^\]]+\]|[^/:?#[\]]+)(?::(\d{1,5}))?(\/[^#]*)?$/.exec(text)
  const port = Number(match?.[3] ?? 80)
  if (match === null || port < 1 || port > 65535) {
    problems.error(path, `'${text}' is no URL; write http://HOST/PATH`)
    return { target: NOWHERE, host: '', path: '/' }
  }
  if (match[1] !== 'http')
    problems.error(path, `'${match[1]}:' is not in this version yet; write http:`)
  const host = match[2]!.replace(/^\[(.*)\]$/, '$1')
  const hostHeader = match[3] === undefined ? match[2]! : `${match[2]}:${match[3]}`
  return { target: hostTarget(host, port), host: hostHeader, path: match[4] ?? '/' }
}

function hostTarget(host: string, port: number): Target {
  const address = parseAddress(host)
  return address === undefined
    ? { kind: 'name', name: host, port }
    : { kind: 'address', address, port }
}

function readTarget(text: string, protocol: 'tcp' | 'udp', path: Path, problems: Problems): Target {
  const match = /^(.+):(\d{1,5})\/(tcp|udp)$/.exec(text)
  const endpoint = parseEndpoint(text)
  const port = Number(match?.[2])
  if (
    match === null ||
    port < 1 ||
    port > 65535 ||
    (endpoint === undefined && /^[\d.[]/.test(text))
  ) {
    problems.error(path, `'${text}' is no target; write HOST:PORT/${protocol}`)
    return NOWHERE
  }
  if (match[3] !== protocol) {
    const verb =
      protocol === 'tcp'
        ? `'connect' needs /tcp; for UDP the verb is 'datagram'`
        : `'datagram' needs /udp; for TCP the verb is 'connect'`
    problems.error(path, verb)
  }
  if (endpoint !== undefined) return { kind: 'address', address: endpoint.address, port }
  return { kind: 'name', name: match[1]!, port }
}
