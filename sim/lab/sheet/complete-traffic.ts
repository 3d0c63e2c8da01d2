import type { Plan } from '../../../topology/plan.ts'
import { formatAddress, sameAddress } from '../../wire/address.ts'
import type { RawBalancing } from './complete-balancing.ts'
import type { RawChange } from './complete-changes.ts'
import type { RawFault } from './complete-faults.ts'
import type { RawReplay } from './complete-replay.ts'
import { completeHeaders, completeOperations, nodeIndex } from './complete-programs.ts'
import type { Problems } from './problems.ts'
import type { Chosen } from './schema/choice.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import { hostTarget, readTarget, readUrl, type Seeker } from './target.ts'
import type { StepBase, StepSheet, Target, Traffic } from './types.ts'

const DEFAULT_TIMEOUT_NS = 60_000_000_000
const DEFAULT_PING_OCTETS = 56
const DEFAULT_PING_EVERY_NS = 1_000_000_000

/** Steps in which a machine sends something. */
export type RawTraffic = Exclude<
  RawStep,
  RawFault | RawBalancing | RawReplay | RawChange | { verb: 'continue' | 'flush' | 'sysctl' }
>

/** A step of traffic with its machine and its target resolved. */
export function completeTraffic(
  step: RawTraffic,
  base: StepBase,
  plan: Plan,
  path: Path,
  problems: Problems,
): StepSheet {
  const node = nodeIndex(plan, step.from, [...path, 'from'], problems)
  checkSource(step, plan, node, path, problems)
  const completed = completeVerb(step, base, plan, node, path, problems)
  if ('target' in completed && typeof completed.target !== 'string') {
    checkFamilies(step, completed.target, path, problems)
  }
  return completed
}

function completeVerb(
  step: RawTraffic,
  base: StepBase,
  plan: Plan,
  node: number,
  path: Path,
  problems: Problems,
): StepSheet {
  const seeker: Seeker = { plan, node: plan.nodes[node], problems }
  const common: Traffic = {
    ...base,
    node: Math.max(node, 0),
    times: step.times ?? 1,
    everyNs: step.every,
    timeoutNs: ('timeout' in step ? step.timeout : undefined) ?? DEFAULT_TIMEOUT_NS,
    sourcePort: step['source-port'] ?? 0,
    source: 'source' in step ? step.source : undefined,
    ttl: step.ttl ?? 0,
    dontFragment: step['dont-fragment'] ?? 'when-it-fits',
  }
  switch (step.verb) {
    case 'get':
    case 'post':
      return completeRequest(step, common, path, seeker)
    case 'connect': {
      const target = readTarget(step.connect, 'tcp', [...path, 'connect'], seeker)
      const operations = completeOperations((step.do ?? []) as Chosen[])
      return { ...common, verb: 'connect', target, operations }
    }
    case 'datagram': {
      const target = readTarget(step.datagram, 'udp', [...path, 'datagram'], seeker)
      const { text, sources } = step
      const size = step.size ?? text?.length ?? 0
      const answers = step.answers ?? (sources === undefined ? 1 : 0)
      if (sources !== undefined) checkForgery(step, path, problems)
      return { ...common, verb: 'datagram', target, size, text, answers, sources }
    }
    case 'ping': {
      const target = hostTarget(step.ping, 0, [...path, 'ping'], seeker)
      const { size = DEFAULT_PING_OCTETS, id: ident = 0 } = step
      const everyNs = step.times === undefined ? step.every : (step.every ?? DEFAULT_PING_EVERY_NS)
      return { ...common, everyNs, verb: 'ping', target, size, ident }
    }
    case 'resolve': {
      const { resolve: question, type = 'A', id: ident = 0 } = step
      return { ...common, verb: 'resolve', question, type, ident }
    }
    case 'load':
      return completeLoad(step, common, path, seeker)
    case 'syn-flood':
      return completeSynFlood(step, common, path, seeker)
  }
}

function checkSource(
  step: RawTraffic,
  plan: Plan,
  node: number,
  path: Path,
  problems: Problems,
): void {
  const source = step.verb === 'syn-flood' ? undefined : step.source
  const own = plan.nodes[node]
  if (source === undefined || own === undefined) return
  const prefixes = own.interfaces.flatMap((iface) => iface.addresses)
  if (prefixes.some((prefix) => sameAddress(prefix.address, source))) return
  problems.error([...path, 'source'], `${formatAddress(source)} is no address of ${own.name}`)
}

/** A packet has a source of the family of its destination. */
function checkFamilies(step: RawTraffic, target: Target, path: Path, problems: Problems): void {
  if (target.kind !== 'address') return
  const { family } = target.address
  const range = 'sources' in step ? step.sources?.[0] : undefined
  const own = 'source' in step ? step.source : undefined
  for (const [key, source] of [
    ['source', own],
    ['sources', range],
  ] as const) {
    if (source === undefined || source.family === family) continue
    const ends = `${formatAddress(source)} is of IPv${source.family}`
    problems.error([...path, key], `${ends}, and ${formatAddress(target.address)} is not`)
  }
}

function completeRequest(
  step: Extract<RawStep, { verb: 'get' | 'post' }>,
  common: Traffic,
  path: Path,
  seeker: Seeker,
): StepSheet {
  const address = step.verb === 'get' ? step.get : step.post
  const url = readUrl(address, [...path, step.verb], seeker)
  const body = step.verb === 'post' ? step.body : undefined
  const size = step.verb === 'post' ? (step.size ?? 0) : 0
  const headers = completeHeaders(step.headers)
  const keepAlive = step['keep-alive'] ?? false
  return { ...common, verb: step.verb, ...url, headers, body, size, keepAlive }
}

function completeLoad(
  step: Extract<RawStep, { verb: 'load' }>,
  common: Traffic,
  path: Path,
  seeker: Seeker,
): StepSheet {
  const { kind, value } = step.arrivals
  const arrivals =
    kind === 'closed' ? ({ kind, users: value } as const) : ({ kind, perSecond: value } as const)
  const rest = { forNs: step.for, sources: step.sources, size: step.size ?? 0, arrivals }
  if (/^\w+:\/\//.test(step.load)) {
    const { target, host, path: page } = readUrl(step.load, [...path, 'load'], seeker)
    return { ...common, verb: 'load', target, host, path: page, ...rest }
  }
  const target = readTarget(step.load, 'tcp', [...path, 'load'], seeker)
  return { ...common, verb: 'load', target, host: '', path: undefined, ...rest }
}

const DEFAULT_SYN_WINDOW = 8192
const DEFAULT_SYN_IDENT = 256
/** `<mss 1460>`. */
const DEFAULT_SYN_OPTIONS = [2, 4, 5, 180]

function completeSynFlood(
  step: Extract<RawStep, { verb: 'syn-flood' }>,
  common: Traffic,
  path: Path,
  seeker: Seeker,
): StepSheet {
  const target = readTarget(step['syn-flood'], 'tcp', [...path, 'syn-flood'], seeker)
  checkGaps(step, path, seeker.problems)
  const { sources, window = DEFAULT_SYN_WINDOW, id: ident = DEFAULT_SYN_IDENT } = step
  const { options = DEFAULT_SYN_OPTIONS } = step
  return { ...common, verb: 'syn-flood', target, sources, window, options, ident }
}

/** Nobody waits for an answer to a forged packet: the next one comes after a gap. */
function checkGaps(
  step: Extract<RawStep, { verb: 'syn-flood' | 'datagram' }>,
  path: Path,
  problems: Problems,
): void {
  if ((step.times ?? 1) === 1 || step.every !== undefined) return
  const hint = `add every: 1ms, for ${step.times} ms of it`
  problems.error([...path, 'times'], 'the gap between the packets is missing', hint)
}

/** What seems to come from others brings no answer back. */
function checkForgery(
  step: Extract<RawStep, { verb: 'datagram' }>,
  path: Path,
  problems: Problems,
): void {
  checkGaps(step, path, problems)
  for (const key of ['answers', 'source', 'timeout'] as const) {
    if (step[key] === undefined || step[key] === 0) continue
    problems.keyError([...path, key], `'${key}' does not go with 'sources'`, FORGED)
  }
}

const FORGED = 'with sources the datagrams seem to come from others, who get the answers'
