import type { NodePlan } from '../../../topology/plan.ts'
import { type CheckKind, HEALTH_CHECKS } from '../../balancer/health/index.ts'
import { sameAddress } from '../../wire/address.ts'
import type { Problems } from './problems.ts'
import type { RawCheck } from './schema/health.ts'
import type { Path } from './source.ts'
import type { CheckSheet, ServerSheet, VipSheet } from './types.ts'

const SECOND = 1_000_000_000

/** A service as far as its checks care. */
export interface Checked {
  readonly vips: readonly VipSheet[]
  readonly servers: readonly ServerSheet[]
  readonly forward: string
  /** Undefined: there is no such machine. */
  readonly balancer: NodePlan | undefined
}

/** Checks of a service with nothing left to assume (sheet language §1.5). */
export function completeHealth(
  raw: readonly RawCheck[],
  service: Checked,
  path: Path,
  problems: Problems,
): CheckSheet[] {
  if (raw.length > 0) checkSource(service, path, problems)
  return raw.map((check): CheckSheet => {
    const { kind, every = 5 * SECOND, timeout = SECOND } = check
    const { retry = every, down = every } = check
    const at: Path = [...path, 'health', kind]
    checkPort(check, service, at, problems)
    checkTimes({ every, retry, down, timeout }, at, problems)
    checkDetails(check, at, problems)
    return {
      kind,
      everyNs: every,
      retryNs: retry,
      downNs: down,
      timeoutNs: timeout,
      tries: check.tries ?? 3,
      rise: check.rise ?? 1,
      port: check.port ?? 0,
      details: {
        path: check.get,
        status: check.status,
        body: check.body,
        host: check.host,
        silence: check.silence,
        name: check.name,
      },
    }
  })
}

/** Where packets are not translated, a question from the virtual address is answered to itself. */
function checkSource(service: Checked, path: Path, problems: Problems): void {
  const { forward, balancer, vips } = service
  if (balancer === undefined || (forward !== 'direct' && forward !== 'l2')) return
  const { family } = vips[0]!.address
  const own = balancer.interfaces
    .filter(({ loopback }) => !loopback)
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((address) => address.family === family)
  if (own.some((address) => !vips.some((vip) => sameAddress(vip.address, address)))) return
  const problem = `${balancer.name} can ask from the virtual address only, which the servers own`
  const hint = `they would answer themselves; give ${balancer.name} an address of its own`
  problems.error([...path, 'health'], problem, hint)
}

/** A check without a port of its own asks where the service is, so it has to speak its protocol. */
function checkPort(
  { kind, port }: RawCheck,
  { vips, servers }: Checked,
  at: Path,
  problems: Problems,
): void {
  if (port !== undefined) return
  const { protocol, port: known } = HEALTH_CHECKS.find(({ name }) => name === kind)!
  if (protocol === 'icmp') return
  if (known === 0 && servers.some((server) => server.port === 0)) {
    problems.error(at, 'the servers have no port of their own; write the port of the check')
  }
  if (vips.some((vip) => vip.protocol === 'any' || vip.protocol === protocol)) return
  const other = protocol === 'tcp' ? 'udp' : 'tcp'
  const speaks = `a check by ${kind} speaks ${protocol.toUpperCase()}`
  const problem = `${speaks}, and this service ${other.toUpperCase()} only`
  const fit = HEALTH_CHECKS.filter((one) => fits(one, other)).map(({ name }) => name)
  problems.error(at, problem, `what fits: ${fit.join(', ')}; or give the check a port`)
}

function fits({ protocol }: CheckKind, served: 'tcp' | 'udp'): boolean {
  return protocol === 'icmp' || protocol === served
}

interface Times {
  readonly every: number
  readonly retry: number
  readonly down: number
  readonly timeout: number
}

function checkTimes(times: Times, at: Path, problems: Problems): void {
  const { every, timeout } = times
  for (const key of ['every', 'retry', 'down'] as const) {
    if (times[key] > 0 || (key !== 'every' && every === 0)) continue
    problems.error([...at, key], 'a check needs a time between two questions')
  }
  if (timeout === 0) {
    problems.error([...at, 'timeout'], 'no answer comes in no time; write how long to wait for it')
  }
  if (timeout <= every) return
  const problem = 'an answer is waited for longer than the time between two checks'
  problems.warn([...at, 'timeout'], problem, 'a late check puts off the next one')
}

function checkDetails({ kind, get, name }: RawCheck, at: Path, problems: Problems): void {
  if (get !== undefined && !get.startsWith('/')) {
    problems.error([...at, 'get'], `'${get}' is no path of a page; it begins with '/'`)
  }
  if (kind === 'dns' && name === undefined) {
    const cure = 'health: { dns: { name: www.example.com } }'
    problems.error(at, `a name to ask for is missing; write ${cure}`)
  }
}
