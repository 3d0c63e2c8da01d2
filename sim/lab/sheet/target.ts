import { firstAddress } from '../../../topology/owners.ts'
import type { NodePlan, Plan } from '../../../topology/plan.ts'
import { formatAddress, parseAddress, parseEndpoint } from '../../wire/address.ts'
import { nearest } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'
import type { Target } from './types.ts'

/** Who asks for a host, and what is known there. */
export interface Seeker {
  readonly plan: Plan
  /** Undefined when the step names no machine there is. */
  readonly node: NodePlan | undefined
  readonly problems: Problems
}

const NOWHERE: Target = { kind: 'name', name: '', port: 0 }

/** `http://HOST[:PORT][/PATH]`. */
export function readUrl(
  text: string,
  path: Path,
  seeker: Seeker,
): { target: Target; host: string; path: string } {
  const { problems } = seeker
  const match = /^(\w+):\/\/(\[[^\]]+\]|[^/:?#[\]]+)(?::(\d{1,5}))?(\/[^#]*)?$/.exec(text)
  const port = Number(match?.[3] ?? 80)
  if (match === null || !isPort(port)) {
    problems.error(path, `'${text}' is no URL; write http://HOST/PATH`)
    return { target: NOWHERE, host: '', path: '/' }
  }
  const [, scheme, written = '', , page = '/'] = match
  if (scheme !== 'http') {
    problems.error(path, `'${scheme}:' is not in this version yet; write http:`)
    return { target: NOWHERE, host: '', path: '/' }
  }
  const host = written.replace(/^\[(.*)\]$/, '$1')
  const target = hostTarget(host, port, path, seeker)
  return { target, host: match[3] === undefined ? written : `${written}:${match[3]}`, path: page }
}

/** An address, or a name that somebody can resolve. */
export function hostTarget(host: string, port: number, path: Path, seeker: Seeker): Target {
  const address = parseAddress(host)
  if (address !== undefined) return { kind: 'address', address, port }
  checkName(host, path, seeker)
  return { kind: 'name', name: host, port }
}

/** `HOST:PORT/tcp`, or with /udp. */
export function readTarget(
  text: string,
  protocol: 'tcp' | 'udp',
  path: Path,
  seeker: Seeker,
): Target {
  const { problems } = seeker
  const match = /^(.+):(\d{1,5})\/(tcp|udp)$/.exec(text)
  const endpoint = parseEndpoint(text)
  const port = Number(match?.[2])
  const badAddress = endpoint === undefined && /^[\d.[]/.test(text)
  if (match === null || !isPort(port) || badAddress) {
    problems.error(path, `'${text}' is no target; write HOST:PORT/${protocol}`)
    return NOWHERE
  }
  if (match[3] !== protocol) {
    const verbs = { tcp: 'connect', udp: 'datagram' } as const
    const other = protocol === 'tcp' ? 'udp' : 'tcp'
    const hint = `for ${other} the verb is '${verbs[other]}'`
    problems.error(path, `'${path.at(-1)}' needs /${protocol}`, hint)
  }
  if (endpoint !== undefined) return { kind: 'address', address: endpoint.address, port }
  return hostTarget(match[1]!, port, path, seeker)
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65535
}

/** A name must stand in the drawing's `names`, unless the machine asks a name server. */
function checkName(name: string, path: Path, { plan, node, problems }: Seeker): void {
  if (node === undefined || node.resolver !== undefined) return
  const known = plan.names.map((entry) => entry.name)
  if (known.some((one) => one.toLowerCase() === name.toLowerCase())) return
  if (/^[\d.]+$/.test(name)) {
    problems.error(path, `'${name}' is no IP address; write it whole, as 172.16.20.1`)
    return
  }
  const machine = plan.nodes.find((one) => one.name === name)
  const address = machine && firstAddress(machine.interfaces)
  const near = nearest(name, known)
  let hint = `a name stands in the drawing's 'names', or the machine has a 'resolver'`
  if (address !== undefined)
    hint = `to reach the machine write its address: ${formatAddress(address)}`
  else if (near !== undefined) hint = `did you mean '${near}'?`
  problems.error(path, `${node.name} cannot resolve '${name}'`, hint)
}
