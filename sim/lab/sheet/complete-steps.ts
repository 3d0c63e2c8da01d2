import type { Plan } from '../../../topology/plan.ts'
import { checkSysctl } from './check-sysctl.ts'
import { completeBalancing, isBalancing, type RawBalancing } from './complete-balancing.ts'
import { completeChange } from './complete-changes.ts'
import { completeOperations, nodeIndex } from './complete-programs.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { Chosen } from './schema/choice.ts'
import { completeFault, isFault, type RawFault } from './complete-faults.ts'
import { type CaptureDoor, completeReplay, type RawReplay } from './complete-replay.ts'
import { completeTraffic } from './complete-traffic.ts'
import type { BrokenStep } from './salvage.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import { readTableName } from './table-name.ts'
import type { ProgramSheet, ServiceSheet, StepBase, StepSheet } from './types.ts'

/** What steps may speak of beside the machines. */
interface Around {
  readonly programs: readonly ProgramSheet[]
  readonly services: readonly ServiceSheet[]
  readonly captures: CaptureDoor | undefined
}

/** Steps with every reference resolved. */
export function completeSteps(
  raw: readonly (RawStep | BrokenStep)[],
  plan: Plan,
  { programs, services, captures }: Around,
  problems: Problems,
): StepSheet[] {
  const names = raw.map((step, i) => step.name ?? `step-${i + 1}`)
  checkNames(raw, plan, problems)
  const steps: StepSheet[] = []
  let before = 0
  for (const [index, step] of raw.entries()) {
    if (step.verb === 'broken') {
      steps.push(standIn(names[index]!, index))
      continue
    }
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
    const context = { plan, programs, path, problems }
    if (isFault(step)) steps.push(completeFault(step, base, context))
    else if (isBalancing(step)) {
      steps.push(completeBalancing(step, base, services, path, problems))
    } else if (step.verb === 'replay') {
      steps.push(completeReplay(step, base, captures, context))
    } else steps.push(completeStep(step, base, raw, names, plan, path, problems))
  }
  return steps
}

/** Stands for a step that could not be read: nothing runs then, and references to it are right. */
function standIn(name: string, index: number): StepSheet {
  const nothing = { atNs: 0, after: undefined, waitNs: 0, note: undefined, node: 0, settings: {} }
  return { line: 1, column: 1, name, index, verb: 'sysctl', ...nothing }
}

function checkNames(raw: readonly (RawStep | BrokenStep)[], plan: Plan, problems: Problems): void {
  const seen = new Map<string, number>()
  for (const [i, step] of raw.entries()) {
    if (step.name === undefined || step.name === '') continue
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

/**
 * Index of a step by name, or a problem with the nearest name. A step that could not be read has
 * the name '' when it may be any.
 */
export function stepIndex(
  name: string,
  names: readonly string[],
  path: Path,
  problems: Problems,
): number {
  const index = names.indexOf(name)
  if (index < 0 && !names.includes('')) {
    const hint = suggestion(name, names)
    problems.error(path, `there is no step '${name}'${hint}`)
  }
  return index
}

function completeStep(
  step: Exclude<RawStep, RawFault | RawBalancing | RawReplay>,
  base: StepBase,
  raw: readonly (RawStep | BrokenStep)[],
  names: readonly string[],
  plan: Plan,
  path: Path,
  problems: Problems,
): StepSheet {
  switch (step.verb) {
    case 'continue': {
      const target = stepIndex(step.continue, names, [...path, 'continue'], problems)
      const verb = raw[target]?.verb ?? 'broken'
      if (verb !== 'connect' && verb !== 'broken') {
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
    case 'announce':
    case 'readdress':
      return completeChange(step, base, plan, path, problems)
    case 'sysctl': {
      const node = nodeIndex(plan, step.node, [...path, 'node'], problems)
      if (node >= 0) checkSysctl(step.sysctl, plan.nodes[node]!, [...path, 'sysctl'], problems)
      return { ...base, verb: 'sysctl', node: Math.max(node, 0), settings: step.sysctl }
    }
    default:
      return completeTraffic(step, base, plan, path, problems)
  }
}
