import { FORWARDERS } from '../../balancer/forward/index.ts'
import { type ScheduleSettings, SCHEDULERS } from '../../balancer/schedule/index.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'
import type { VipSheet } from './types.ts'

/** What of a service a scheduler has to fit. */
export interface Scheduling {
  readonly schedule: string
  readonly settings: ScheduleSettings
  /** Word of a forwarder. */
  readonly forward: string
  readonly vips: readonly VipSheet[]
}

/** Whether a scheduler fits its service's forwarder and protocol, and its settings each other. */
export function checkSchedule(service: Scheduling, path: Path, problems: Problems): void {
  const at = [...path, 'schedule']
  checkAnswers(service, at, problems)
  for (const { key, wrong } of clashes(service.settings)) {
    problems.error([...at, service.schedule, key], wrong)
  }
}

/** A scheduler that measures answers has to see some. */
function checkAnswers(service: Scheduling, at: Path, problems: Problems): void {
  const { schedule, forward, vips } = service
  if (SCHEDULERS.find(({ name }) => name === schedule)?.needsAnswers !== true) return
  const seeing = FORWARDERS.filter(({ seesReplies }) => seesReplies).map(({ name }) => name)
  if (!seeing.includes(forward)) {
    const problem = `'${schedule}' times the answers of servers, and with '${forward}'`
    const cure = `forward by ${seeing.join(' or ')}`
    problems.error(at, `${problem} they pass the balancer by`, cure)
  }
  if (vips.every(({ protocol }) => protocol === 'udp')) {
    const problem = `'${schedule}' times SYN and SYN+ACK, and this service is of UDP`
    problems.error(at, problem, 'least-connections asks nothing of servers')
  }
}

/** Settings that do not go together, with the key that is too many. */
function clashes(settings: ScheduleSettings): { key: string; wrong: string }[] {
  const { function: whose, port, fallback, seed, rule, per } = settings
  const found: { key: string; wrong: string }[] = []
  if (port === true && (whose === 'nginx' || whose === 'jhash')) {
    const part = whose === 'nginx' ? 'the first three octets of the address' : 'the address'
    found.push({ key: 'port', wrong: `function ${whose} looks at ${part} only; leave 'port' out` })
  }
  if (fallback !== undefined && whose === 'nginx') {
    found.push({
      key: 'fallback',
      wrong: "function nginx always finds another server; leave 'fallback' out",
    })
  }
  if (seed !== undefined && whose !== 'jhash') {
    found.push({ key: 'seed', wrong: "only function jhash has a seed; leave 'seed' out" })
  }
  if (per === 'server' && rule !== undefined && rule !== 'ipvs') {
    found.push({
      key: 'per',
      wrong: `rule ${rule} knows the connections of each port only; leave 'per' or 'rule' out`,
    })
  }
  return found
}
