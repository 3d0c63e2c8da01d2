import { FORWARDERS } from '../../balancer/forward/index.ts'
import type { GroupSettings, PassiveSettings, QuorumSettings } from '../../balancer/service.ts'
import type { WhenDown } from '../../balancer/service.ts'
import { SCHEDULERS } from '../../balancer/schedule/index.ts'
import type { Problems } from './problems.ts'
import type { RawService } from './schema/services.ts'
import type { Path } from './source.ts'
import type { ServerSheet } from './types.ts'

const SECOND = 1_000_000_000

/** What a service does about servers that fail and return, with nothing left to assume. */
export interface RosterSheet {
  readonly groups: GroupSettings | undefined
  readonly quorum: QuorumSettings
  readonly panicBelow: number
  readonly slowStartNs: number
  readonly whenDown: WhenDown
  readonly passive: PassiveSettings | undefined
}

export function completeRoster(raw: RawService): RosterSheet {
  const { groups, quorum, passive } = raw
  return {
    groups: groups && {
      minActive: groups['min-active'] ?? 1,
      whenBelow: groups['when-below'] ?? 'replace',
      preempt: groups.preempt ?? true,
    },
    quorum: { weight: quorum?.weight ?? 1, hysteresis: quorum?.hysteresis ?? 0 },
    panicBelow: raw.panic ?? 0,
    slowStartNs: raw['slow-start'] ?? 0,
    whenDown: raw['when-down'] ?? 'keep',
    passive:
      passive === undefined || passive === 'none'
        ? undefined
        : {
            failures: passive.failures ?? 5,
            ejectNs: passive.eject ?? 30 * SECOND,
            longestNs: passive.longest ?? Math.max(300 * SECOND, passive.eject ?? 0),
            atMost: passive['at-most'] ?? 0.1,
          },
  }
}

/**
 * What contradicts itself, or can have no effect. `path`: where the keys stand; `servers`: all that
 * the service has in its life but the sorry server.
 */
export function checkRoster(
  raw: RawService,
  servers: readonly ServerSheet[],
  path: Path,
  problems: Problems,
): void {
  checkGroups(raw, servers, path, problems)
  checkQuorum(raw, servers, path, problems)
  checkPanic(raw, path, problems)
  checkSlowStart(raw, path, problems)
  checkPassive(raw, path, problems)
}

function checkGroups(
  raw: RawService,
  servers: readonly ServerSheet[],
  path: Path,
  problems: Problems,
): void {
  const { groups } = raw
  for (const [i, { priority, standby }] of raw.servers.entries()) {
    const at: Path = ['servers', i]
    if (priority !== undefined && standby === true) {
      const problem = 'a server that stands by comes after all priorities'
      problems.error([...path, ...at, 'priority'], problem, "leave 'priority' or 'standby' out")
    } else if (priority !== undefined && groups === undefined) {
      const problem = `'priority' says nothing without groups`
      problems.error([...path, ...at, 'priority'], problem, 'add groups: { min-active: 1 }')
    }
  }
  const alike = servers.every(({ rank }) => rank === servers[0]?.rank)
  if (alike && servers[0]?.rank === 0) {
    problems.error([...path, 'servers'], 'all servers stand by, and nobody works')
  }
  if (groups === undefined) return
  if (alike && servers.length > 0) {
    const problem = 'all servers have one priority, so there is one group'
    problems.error([...path, 'groups'], problem, "give some of them 'priority' or standby: true")
  }
  const least = groups['min-active'] ?? 1
  if (least > servers.length) {
    const problem = `min-active is ${least}, and there are ${servers.length} servers in all`
    problems.error([...path, 'groups', 'min-active'], problem)
  }
}

function checkQuorum(
  { quorum, sorry }: RawService,
  servers: readonly ServerSheet[],
  path: Path,
  problems: Problems,
): void {
  if (quorum === undefined) return
  const { weight, hysteresis = 0 } = quorum
  const at: Path = [...path, 'quorum']
  if (sorry === undefined) {
    const problem = 'without a sorry server nothing follows from a lost quorum'
    problems.error(at, problem, 'add sorry: MACHINE:PORT')
  }
  if (hysteresis >= weight) {
    const problem = `a hysteresis of ${hysteresis} must be below the quorum of ${weight}`
    problems.error([...at, 'hysteresis'], problem)
  }
  const sum = servers.reduce((all, server) => all + server.weight, 0)
  if (weight + hysteresis > sum) {
    const needed = hysteresis === 0 ? `${weight}` : `${weight} + ${hysteresis}`
    problems.error(at, `a quorum of ${needed} is out of reach: all servers together weigh ${sum}`)
  }
}

function checkPanic(raw: RawService, path: Path, problems: Problems): void {
  if ((raw.panic ?? 0) === 0) return
  const at: Path = [...path, 'panic']
  const standby = raw.servers.some((server) => server.standby === true)
  if (raw.groups !== undefined || standby) {
    const problem = 'panic gives to all servers alike, groups and standby do not'
    problems.error(at, problem, 'leave one of them out')
  }
  if (raw.sorry !== undefined) {
    const problem = 'panic and sorry both say what happens when too few servers are up'
    problems.error(at, problem, 'leave one of them out')
  }
}

function checkSlowStart(raw: RawService, path: Path, problems: Problems): void {
  if ((raw['slow-start'] ?? 0) === 0) return
  const word = raw.schedule?.kind ?? 'round-robin'
  const scheduler = SCHEDULERS.find(({ name }) => name === word)
  if (scheduler === undefined || scheduler.byShare === true) return
  const able = SCHEDULERS.filter(({ byShare }) => byShare === true).map(({ name }) => name)
  const problem = `a server starts slowly by its weight, and ${word} does not share out by weight`
  problems.error([...path, 'slow-start'], problem, `schedule: ${able.join(', ')}`)
}

function checkPassive(raw: RawService, path: Path, problems: Problems): void {
  const { passive, forward } = raw
  if (passive === undefined || passive === 'none') return
  const at: Path = [...path, 'passive']
  const { eject = 30 * SECOND, longest } = passive
  if (eject === 0) problems.error([...at, 'eject'], 'out for no time is not out')
  if (longest !== undefined && longest < eject) {
    problems.error([...at, 'longest'], 'the longest time out must not be below the first one')
  }
  const sees = FORWARDERS.find(({ name }) => name === forward.kind)?.seesReplies ?? true
  if (sees) return
  const problem = `with forward: ${forward.kind} the answers of servers do not pass the balancer`
  problems.error(at, `${problem}, so it cannot see who fails`, 'use health')
}
