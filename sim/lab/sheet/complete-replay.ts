import { firstAddress } from '../../../topology/owners.ts'
import type { NodePlan, Plan } from '../../../topology/plan.ts'
import type { RecordedFlow } from '../../app/settings.ts'
import type { CaptureFile } from '../../capture/index.ts'
import { type Address, formatAddress, parseAddress } from '../../wire/address.ts'
import {
  clientOf,
  conversationsOf,
  readRecording,
  type Recording,
} from '../replay/conversations.ts'
import { nodeIndex } from './complete-programs.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import type { StepBase, StepSheet } from './types.ts'

const DEFAULT_TIMEOUT_NS = 60_000_000_000
/** Names that a message lists. */
const LISTED = 5

export type RawReplay = Extract<RawStep, { verb: 'replay' }>

/** Frames of a capture file named from the sheet; undefined when there is no such file. */
export type CaptureDoor = (name: string) => CaptureFile | undefined

interface ReplayContext {
  readonly plan: Plan
  readonly path: Path
  readonly problems: Problems
}

/** A `replay` with its recording read and its addresses those of the lab. */
export function completeReplay(
  step: RawReplay,
  base: StepBase,
  door: CaptureDoor | undefined,
  context: ReplayContext,
): StepSheet {
  const { plan, path, problems } = context
  const node = nodeIndex(plan, step.from, [...path, 'from'], problems)
  const recording = open(step.replay, door, context)
  const machine = plan.nodes[node]
  const flows =
    recording === undefined || machine === undefined
      ? []
      : flowsOf(step, recording, machine, context)
  return {
    ...base,
    verb: 'replay',
    node: Math.max(node, 0),
    timeoutNs: step.timeout ?? DEFAULT_TIMEOUT_NS,
    shift: step.shift ?? true,
    flows,
  }
}

function open(
  name: string,
  door: CaptureDoor | undefined,
  { path, problems }: ReplayContext,
): Recording | undefined {
  const at: Path = [...path, 'replay']
  if (door === undefined) {
    problems.error(at, 'no captures can be read here')
    return undefined
  }
  const file = door(name)
  if (file === undefined) problems.error(at, `the capture ${name} cannot be read`)
  else if (file.problem !== undefined) problems.error(at, `${name}: ${file.problem}`)
  else if (file.records.length === 0) problems.error(at, `${name} holds no frame`)
  else return readRecording(file)
  return undefined
}

function flowsOf(
  step: RawReplay,
  recording: Recording,
  machine: NodePlan,
  context: ReplayContext,
): RecordedFlow[] {
  const { path, problems } = context
  const client = step.client ?? clientOf(recording)
  if (client === undefined) {
    const problem = `${step.replay} holds no TCP, UDP or ping that could be sent again`
    problems.error([...path, 'replay'], problem)
    return []
  }
  const names = readMap(step, recording, client, machine, context)
  if (names === undefined) return []
  const renamed = (address: Address): Address => names.get(formatAddress(address)) ?? address
  const flows = conversationsOf(recording, client, renamed)
  if (flows.length === 0) {
    const senders = unique(recording.packets.map(({ src }) => src))
    const problem = `${step.replay} has nothing from ${formatAddress(client)} to send again`
    const at = step.client === undefined ? 'replay' : 'client'
    problems.error([...path, at], `${problem}; senders: ${listed(senders)}`)
  }
  checkWhole(step, recording, client, context)
  checkServers(step, flows, context)
  return flows
}

/** What each address becomes; undefined when that makes no sense. */
function readMap(
  step: RawReplay,
  recording: Recording,
  client: Address,
  machine: NodePlan,
  { plan, path, problems }: ReplayContext,
): Map<string, Address> | undefined {
  const before = problems.list.length
  const names = new Map<string, Address>()
  const seen = unique(recording.packets.flatMap(({ src, dst }) => [src, dst]))
  for (const [text, value] of Object.entries(step.map ?? {})) {
    const at: Path = [...path, 'map', text]
    const key = parseAddress(text)
    if (key === undefined) problems.keyError(at, `'${text}' is no IP address`)
    else if (!seen.includes(formatAddress(key))) {
      problems.keyError(at, `${step.replay} does not have the address ${formatAddress(key)}`)
    } else {
      const target = targetOf(value, key.family, plan, at, problems)
      if (target !== undefined) names.set(formatAddress(key), target)
    }
  }
  const own = formatAddress(client)
  const becomes = names.get(own) ?? firstAddress(machine.interfaces, client.family)
  const addresses = machine.interfaces.flatMap((iface) => iface.addresses)
  if (becomes === undefined) {
    const problem = `${machine.name} has no IPv${client.family} address to take the place of ${own}`
    problems.error([...path, 'from'], problem)
  } else if (!addresses.some(({ address }) => formatAddress(address) === formatAddress(becomes))) {
    const problem = `the client becomes ${formatAddress(becomes)}, no address of ${machine.name}`
    problems.error([...path, 'map', own], problem)
  } else names.set(own, becomes)
  return problems.list.length > before ? undefined : names
}

function targetOf(
  value: string,
  family: 4 | 6,
  plan: Plan,
  path: Path,
  problems: Problems,
): Address | undefined {
  const address = parseAddress(value)
  const node = plan.nodes.find(({ name }) => name === value)
  const found = address ?? (node && firstAddress(node.interfaces, family))
  if (found === undefined && node === undefined) {
    const hint = suggestion(
      value,
      plan.nodes.map(({ name }) => name),
    )
    problems.error(path, `'${value}' is no address and no machine${hint}`)
  } else if (found === undefined || found.family !== family) {
    const none = address === undefined ? 'has none' : 'is none'
    problems.error(path, `an IPv${family} address is needed here, and '${value}' ${none}`)
  } else return found
  return undefined
}

/** What was cut when it was recorded cannot be sent. */
function checkWhole(
  step: RawReplay,
  { packets }: Recording,
  client: Address,
  { path, problems }: ReplayContext,
): void {
  const own = formatAddress(client)
  const cut = packets.find(({ src, missing }) => missing > 0 && formatAddress(src) === own)
  if (cut === undefined) return
  const problem = `frame ${cut.number} of ${step.replay} lacks its last ${cut.missing} octets`
  problems.error([...path, 'replay'], problem, 'record whole frames: tcpdump -s 0')
}

/** Somebody has to be at the other end. */
function checkServers(
  step: RawReplay,
  flows: readonly RecordedFlow[],
  { plan, path, problems }: ReplayContext,
): void {
  const here = new Set(
    plan.nodes.flatMap(({ interfaces }) =>
      interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => formatAddress(address))),
    ),
  )
  const nowhere = unique(flows.map(({ server }) => server)).filter((server) => !here.has(server))
  if (nowhere.length === 0) return
  const problem = `the recorded client speaks to ${listed(nowhere)}, which nobody has here`
  const hint = `say who takes the place: map: { ${nowhere[0]!}: ADDRESS or MACHINE }`
  problems.error([...path, step.map === undefined ? 'replay' : 'map'], problem, hint)
}

function unique(addresses: readonly Address[]): string[] {
  return [...new Set(addresses.map(formatAddress))]
}

function listed(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : ''
  return names.slice(0, LISTED).join(', ') + more
}
