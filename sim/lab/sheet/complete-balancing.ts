import type { ServerBounds } from '../../balancer/service.ts'
import type { BalancingStep } from './balancing-steps.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { BrokenStep } from './salvage.ts'
import type { RawServer } from './schema/services.ts'
import type { RawStep } from './schema/steps.ts'
import type { Path } from './source.ts'
import type { ServiceSheet, StepBase } from './types.ts'

/** Steps that change a service. */
export type RawBalancing = Extract<RawStep, { verb: 'add' | 'remove' | 'set' | 'reconfigure' }>

const VERBS: readonly string[] = ['add', 'remove', 'set', 'reconfigure']

export function isBalancing(step: RawStep): step is RawBalancing {
  return VERBS.includes(step.verb)
}

/** A server that a step adds to a service later. */
export interface AddedServer {
  readonly raw: RawServer
  readonly path: Path
}

/** Servers that steps add to the service of this name; `only`: there is no other service. */
export function addedServers(
  steps: readonly (RawStep | BrokenStep)[],
  service: string,
  only: boolean,
): AddedServer[] {
  return steps.flatMap((step, i): AddedServer[] => {
    if (step.verb !== 'add') return []
    if (step.service === undefined ? !only : step.service !== service) return []
    const { add: server, weight, priority, standby } = step
    const bounds = {
      'upper-threshold': step['upper-threshold'],
      'lower-threshold': step['lower-threshold'],
    }
    return [{ raw: { server, weight, priority, standby, ...bounds }, path: ['steps', i, 'add'] }]
  })
}

/** A change of a service with every reference resolved. */
export function completeBalancing(
  step: RawBalancing,
  base: StepBase,
  services: readonly ServiceSheet[],
  path: Path,
  problems: Problems,
): BalancingStep {
  if (step.verb === 'reconfigure') {
    const known = services.map(({ name }) => name)
    const service = known.indexOf(step.reconfigure)
    const change = services[service]?.changes.get(base.index)
    if (service < 0) {
      const problem = `there is no service '${step.reconfigure}'`
      const hint = suggestion(step.reconfigure, known, 'services')
      problems.error([...path, 'reconfigure'], `${problem}${hint}`)
    }
    const nothing = { settings: {}, checks: undefined }
    return {
      ...base,
      verb: 'reconfigure',
      service: Math.max(service, 0),
      change: change ?? nothing,
    }
  }
  const service = serviceIndex(step.service, services, [...path, 'service'], problems)
  const name = step.verb === 'add' ? step.add : step.verb === 'remove' ? step.remove : step.set
  const server = serverIndex(name, services[service], [...path, step.verb], problems)
  if (step.verb === 'remove') return { ...base, verb: 'remove', service, server }
  const bounds: ServerBounds = {
    weight: step.weight,
    upperThreshold: step['upper-threshold'],
    lowerThreshold: step['lower-threshold'],
  }
  if (step.verb === 'add') {
    return { ...base, verb: 'add', service, server, bounds, place: step.place ?? 'first' }
  }
  if (Object.values(bounds).every((each) => each === undefined)) {
    problems.error(path, `'set' changes nothing here`, `give it 'weight' or a threshold`)
  }
  return { ...base, verb: 'set', service, server, bounds }
}

function serviceIndex(
  name: string | undefined,
  services: readonly ServiceSheet[],
  path: Path,
  problems: Problems,
): number {
  const above = path.slice(0, -1)
  if (services.length === 0) problems.error(above, 'this sheet has no service')
  if (name === undefined) {
    const known = services.map((service) => service.name).join(', ')
    if (services.length > 1) problems.error(above, `which service is meant? services: ${known}`)
    return 0
  }
  const index = services.findIndex((service) => service.name === name)
  const known = services.map((service) => service.name)
  if (index < 0) problems.error(path, `there is no service '${name}'${suggestion(name, known)}`)
  return Math.max(index, 0)
}

function serverIndex(
  name: string,
  service: ServiceSheet | undefined,
  path: Path,
  problems: Problems,
): number {
  if (service === undefined) return 0
  const index = service.servers.findIndex((server) => server.name === name)
  if (index >= 0 && index === service.sorry) {
    problems.error(path, `${name} is the sorry server of service '${service.name}', which stays`)
  }
  // What is wrong with one that a step adds was said when it was read.
  if (index >= 0 || path[path.length - 1] === 'add') return Math.max(index, 0)
  const known = service.servers.flatMap((server, i) => (i === service.sorry ? [] : server.name))
  const problem = `'${name}' is no server of service '${service.name}'`
  problems.error(path, `${problem}; servers: ${known.join(', ')}`)
  return 0
}
