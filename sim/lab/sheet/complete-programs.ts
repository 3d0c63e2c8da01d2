import { firstAddress } from '../../../topology/owners.ts'
import type { Plan } from '../../../topology/plan.ts'
import type { Address } from '../../wire/address.ts'
import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { RawProgram } from './schema/programs.ts'
import type { RawGenerator } from './schema/amount.ts'
import type { Chosen } from './schema/choice.ts'
import type { Path } from './source.ts'
import type {
  Operation,
  PageSheet,
  ProgramSheet,
  RunSheet,
  ServiceSheet,
  SocketSheet,
} from './types.ts'

const DEFAULT_PAGE_OCTETS = 1024
const DEFAULT_KEEP_ALIVE_NS = 60_000_000_000
const DEFAULT_TTL_SECONDS = 86_400
const DEFAULT_BACKLOG = 128

/** Index of a machine by name, or a problem with the nearest name. */
export function nodeIndex(plan: Plan, name: string, path: Path, problems: Problems): number {
  const index = plan.nodes.findIndex((node) => node.name === name)
  if (index < 0) {
    const known = plan.nodes.map((node) => node.name)
    const hint = suggestion(name, known)
    problems.error(path, `there is no machine '${name}'${hint}`)
  }
  return index
}

export function completePrograms(
  raw: Readonly<Record<string, RawProgram>>,
  plan: Plan,
  problems: Problems,
): ProgramSheet[] {
  return Object.entries(raw).map(([name, program]): ProgramSheet => {
    const path: Path = ['programs', name]
    if (plan.nodes.some((node) => node.name === name)) {
      problems.keyError(path, `'${name}' names a machine already; choose another name`)
    }
    const nodes = program.nodes.map((node, i) =>
      nodeIndex(plan, node, [...path, 'nodes', i], problems),
    )
    const run = completeRun(program.run)
    if (run.kind === 'dns' && program.listen.protocol === 'tcp') {
      problems.error([...path, 'listen'], 'a name server listens on 53/udp in this version')
    }
    if (run.kind === 'web' && program.listen.protocol === 'udp') {
      problems.error([...path, 'listen'], 'a web server needs TCP: write 80/tcp')
    }
    return {
      ...problems.placeOf(path),
      name,
      nodes: nodes.filter((node) => node >= 0),
      address: program.listen.address,
      port: program.listen.port,
      protocol: program.listen.protocol,
      backlog: program.backlog ?? DEFAULT_BACKLOG,
      receiveBuffer: program['receive-buffer'],
      sendBuffer: program['send-buffer'],
      congestion: program.congestion ?? 'cubic',
      run,
      startsNs: program.starts ?? 0,
    }
  })
}

/** A TCP server of a service without a program on its port serves one page of 1,024 octets. */
export function defaultPrograms(
  services: readonly ServiceSheet[],
  programs: readonly ProgramSheet[],
): ProgramSheet[] {
  const added: ProgramSheet[] = []
  for (const service of services) {
    if (!service.vips.some((vip) => vip.protocol !== 'udp')) continue
    for (const server of service.servers) {
      const port = server.port || service.vips[0]!.port
      if (port === 0) continue
      const listens = [...programs, ...added].some(
        (program) =>
          program.protocol === 'tcp' &&
          program.port === port &&
          program.nodes.includes(server.node),
      )
      if (listens) continue
      added.push({
        line: service.line,
        column: service.column,
        name: `web-${server.name}`,
        nodes: [server.node],
        address: undefined,
        port,
        protocol: 'tcp',
        backlog: DEFAULT_BACKLOG,
        receiveBuffer: undefined,
        sendBuffer: undefined,
        congestion: 'cubic',
        run: completeRun({ kind: 'web', settings: undefined }),
        startsNs: 0,
      })
    }
  }
  return added
}

const NOTHING: RawGenerator = { kind: 'constant', value: 0 }

function completeRun(run: Chosen): RunSheet {
  const settings = (run.settings ?? {}) as Record<string, unknown>
  if (run.kind === 'web') {
    const pages = settings['pages'] as Record<string, RawPage> | undefined
    return {
      kind: 'web',
      pages: pages === undefined ? [anyPage()] : Object.entries(pages).map(completePage),
      wait: (settings['wait'] as RawGenerator | undefined) ?? NOTHING,
      work: (settings['work'] as RawGenerator | undefined) ?? NOTHING,
      keepAliveNs: (settings['keep-alive'] as number | undefined) ?? DEFAULT_KEEP_ALIVE_NS,
    }
  }
  if (run.kind === 'script') {
    return { kind: 'script', operations: completeOperations(run.settings as Chosen[]) }
  }
  if (run.kind === 'dns') {
    const zone = settings['zone'] as Record<string, RawZoneEntry>
    return {
      kind: 'dns',
      authoritative: (settings['authoritative'] as boolean | undefined) ?? true,
      zone: Object.entries(zone).map(([name, entry]) => ({
        name,
        addresses: entry.addresses,
        ttlSeconds: entry.ttl === undefined ? DEFAULT_TTL_SECONDS : Math.floor(entry.ttl / 1e9),
        rotate: entry.rotate ?? false,
      })),
    }
  }
  return { kind: run.kind as 'echo' | 'sink' | 'closed' }
}

interface RawZoneEntry {
  readonly addresses: readonly Address[]
  readonly ttl?: number | undefined
  readonly rotate?: boolean | undefined
}

interface RawPage {
  readonly status?: number | undefined
  readonly body?: string | undefined
  readonly size?: number | undefined
  readonly type?: string | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly 'cache-control'?: string | undefined
  readonly etag?: string | undefined
  readonly redirect?: string | undefined
}

/** The page of a web server that was told nothing: it answers every path. */
function anyPage(): PageSheet {
  const size = DEFAULT_PAGE_OCTETS
  return { path: '*', status: 200, body: undefined, size, type: 'text/plain', headers: [] }
}

function completePage([path, page]: [string, RawPage]): PageSheet {
  const headers: [string, string][] = []
  if (page['cache-control'] !== undefined) headers.push(['Cache-Control', page['cache-control']])
  if (page.etag !== undefined) headers.push(['ETag', `"${page.etag}"`])
  if (page.redirect !== undefined) headers.push(['Location', page.redirect])
  headers.push(...completeHeaders(page.headers))
  const empty = page.redirect !== undefined && page.size === undefined
  return {
    path,
    status: page.status ?? (page.redirect === undefined ? 200 : 302),
    body: page.body,
    size: page.size ?? (empty ? 0 : DEFAULT_PAGE_OCTETS),
    type: page.type ?? 'text/plain',
    headers,
  }
}

export function completeHeaders(
  headers: Readonly<Record<string, unknown>> | undefined,
): [string, string][] {
  return Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])
}

export function completeOperations(operations: readonly Chosen[]): Operation[] {
  return operations.map(completeOperation)
}

function completeOperation(operation: Chosen): Operation {
  const settings = (operation.settings ?? {}) as Record<string, unknown>
  switch (operation.kind) {
    case 'send':
      return {
        kind: 'send',
        size: settings['size'] as number,
        times: (settings['times'] as number | undefined) ?? 1,
        meanwhile: (settings['meanwhile'] as boolean | undefined) ?? false,
      }
    case 'say':
      return {
        kind: 'say',
        text: settings['text'] as string,
        size: settings['size'] as number | undefined,
      }
    case 'receive':
      if ('until' in settings) {
        return { kind: 'receive', until: settings['until'] as number | 'any' | 'end' }
      }
      return {
        kind: 'receive-slowly',
        upTo: settings['up-to'] as number,
        everyNs: settings['every'] as number,
      }
    case 'sleep':
      return { kind: 'sleep', forNs: operation.settings as number }
    case 'set':
      return { kind: 'set', options: completeSocket(settings) }
    case 'call':
      return {
        kind: 'call',
        to: settings['to'] as string,
        sourcePort: (settings['source-port'] as number | undefined) ?? 0,
        operations: completeOperations(settings['do'] as Chosen[]),
      }
    default:
      return { kind: operation.kind as 'shutdown' | 'close' | 'abort' }
  }
}

function completeSocket(raw: Record<string, unknown>): SocketSheet {
  const keepAlive = raw['keep-alive'] as
    | { idle: number; interval: number; probes: number }
    | undefined
  const socket: Record<string, unknown> = {
    noDelay: raw['no-delay'],
    cork: raw['cork'],
    keepAlive:
      keepAlive === undefined
        ? undefined
        : { idleNs: keepAlive.idle, intervalNs: keepAlive.interval, probes: keepAlive.probes },
    receiveBuffer: raw['receive-buffer'],
    sendBuffer: raw['send-buffer'],
    ttl: raw['ttl'],
    congestion: raw['congestion'],
    userTimeoutNs: raw['user-timeout'],
  }
  for (const key of Object.keys(socket)) if (socket[key] === undefined) delete socket[key]
  return socket as SocketSheet
}

/** The address of `name`'s machine in the family of `like`. */
export function serverAddress(plan: Plan, node: number, family: 4 | 6): Address | undefined {
  return firstAddress(plan.nodes[node]!.interfaces, family)
}
