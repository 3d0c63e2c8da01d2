import { laneOf } from '../../../topology/drawing.ts'
import type { InterfacePlan, Plan } from '../../../topology/plan.ts'
import { nodeIndex } from './complete-programs.ts'
import { checkFilter } from './expected-packets.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import type { CableEnd, FaultBase, ImpairStep, ProgramSheet, StepBase, StepSheet } from './types.ts'

const FAULTS = ['impair', 'cut', 'crash', 'stop', 'hang'] as const

/** Steps that break something. */
export type RawFault = Extract<RawStep, { verb: (typeof FAULTS)[number] }>

export function isFault(step: RawStep): step is RawFault {
  return (FAULTS as readonly string[]).includes(step.verb)
}

/** What a fault may speak of, and where it stands. */
export interface FaultContext {
  readonly plan: Plan
  readonly programs: readonly ProgramSheet[]
  readonly path: Path
  readonly problems: Problems
}

/** A fault with its target resolved. */
export function completeFault(step: RawFault, base: StepBase, context: FaultContext): StepSheet {
  const { plan, path, problems } = context
  if (step.for === 0) problems.error([...path, 'for'], 'a fault that lasts 0s breaks nothing')
  const fault: FaultBase = { ...base, forNs: step.for }
  switch (step.verb) {
    case 'impair':
      return completeImpair(step, fault, context)
    case 'cut':
      return { ...fault, verb: 'cut', end: readEnd(step.cut, [...path, 'cut'], context) }
    case 'crash': {
      const node = nodeIndex(plan, step.crash, [...path, 'crash'], problems)
      return { ...fault, verb: 'crash', node: Math.max(node, 0) }
    }
    default: {
      const name = step.verb === 'stop' ? step.stop : step.hang
      return { ...fault, verb: step.verb, ...readProgram(name, step, context) }
    }
  }
}

const NOTHING: CableEnd = { node: 0, iface: 0 }

function completeImpair(
  step: Extract<RawFault, { verb: 'impair' }>,
  fault: FaultBase,
  context: FaultContext,
): ImpairStep {
  const { plan, path, problems } = context
  const { impair: target, direction, drop } = step
  const lane = laneOf(step)
  if (Object.keys(lane).length === 0 && drop === undefined) {
    const hint = 'give it loss, delay or another key of a link, or drop: { match: FILTER }'
    problems.error([...path, 'impair'], `this impairs nothing`, hint)
  }
  checkFilter(drop?.match, [...path, 'drop', 'match'], context)
  const network = plan.networks.find((each) => each.name === target)
  if (network !== undefined && direction !== undefined) {
    const hint = `name one end of it: MACHINE.INTERFACE`
    problems.error([...path, 'direction'], `a network has no direction`, hint)
  }
  const ends: readonly CableEnd[] = network
    ? network.members.map(({ node, iface }) => ({ node, iface }))
    : [readEnd(target, [...path, 'impair'], context, true)]
  return {
    ...fault,
    verb: 'impair',
    target,
    ends,
    out: direction !== 'in',
    // What every end sends is all that passes a network.
    in: network === undefined && direction !== 'out',
    lane,
    drop: drop && { match: drop.match, nth: drop.nth },
  }
}

/** `rs1.eth0`: an interface with a cable in it. */
function readEnd(text: string, path: Path, context: FaultContext, orNetwork = false): CableEnd {
  const { plan, problems } = context
  const [nodeName = '', ifaceName, more] = text.split('.')
  const networks = orNetwork ? plan.networks.map(({ name }) => name) : []
  const node = plan.nodes.find(({ name }) => name === nodeName)
  if (node === undefined) {
    const wire = plan.networks.find(({ name }) => name === text)
    if (wire !== undefined) {
      const known = wire.members.map(({ node: index, iface }) => {
        const member = plan.nodes[index]!
        return `${member.name}.${member.interfaces[iface]!.name}`
      })
      problems.error(path, `'${text}' is a whole network; its ends: ${known.join(', ')}`)
      return NOTHING
    }
    const hint = suggestion(nodeName, [...plan.nodes.map(({ name }) => name), ...networks])
    const what = orNetwork ? 'machine or network' : 'machine'
    problems.error(path, `there is no ${what} '${nodeName}'${hint}`)
    return NOTHING
  }
  const cabled = node.interfaces.filter((each) => hasCable(each, plan))
  const iface = cabled.find(({ name }) => name === ifaceName)
  if (iface === undefined || more !== undefined) {
    const known = cabled.map(({ name }) => `${node.name}.${name}`).join(', ')
    const problem = text.includes('.') ? `'${text}' has no cable` : `'${text}' is a whole machine`
    problems.error(path, `${problem}; known: ${known}`)
    return NOTHING
  }
  return { node: node.index, iface: iface.index }
}

/** Whether somebody else is at the other end. */
function hasCable(iface: InterfacePlan, plan: Plan): boolean {
  const network = plan.networks[iface.network]
  return network !== undefined && (network.wire !== 'cable' || network.members.length > 1)
}

function readProgram(
  name: string,
  step: Extract<RawFault, { verb: 'stop' | 'hang' }>,
  { plan, programs, path, problems }: FaultContext,
): { program: number; nodes: readonly number[] } {
  const index = programs.findIndex((program) => program.name === name)
  const program = programs[index]
  if (program === undefined) {
    const known = programs.map((each) => each.name)
    const hint = known.length === 0 ? '' : suggestion(name, known)
    problems.error([...path, step.verb], `there is no program '${name}'${hint}`)
    return { program: 0, nodes: [] }
  }
  if (program.run.kind === 'closed') {
    problems.error([...path, step.verb], `'${name}' does not run: its port is closed anyway`)
  }
  if (step.node === undefined) return { program: index, nodes: program.nodes }
  const node = nodeIndex(plan, step.node, [...path, 'node'], problems)
  if (node >= 0 && !program.nodes.includes(node)) {
    const known = program.nodes.map((each) => plan.nodes[each]!.name).join(', ')
    problems.error([...path, 'node'], `'${name}' does not run on ${step.node}; it runs on ${known}`)
  }
  return { program: index, nodes: [Math.max(node, 0)] }
}
