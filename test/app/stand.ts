import type { Actor } from '../../sim/app/actor.ts'
import { PROGRAMS } from '../../sim/app/programs/index.ts'
import type { Ended, Report } from '../../sim/app/report.ts'
import { Resolver, type ResolverSettings } from '../../sim/app/resolver.ts'
import type {
  ConnectSettings,
  DatagramSettings,
  Operation,
  PageSettings,
  ProgramSettings,
  RequestSettings,
  RunSettings,
  Target,
  TrafficSettings,
  VerbSettings,
  WebSettings,
} from '../../sim/app/settings.ts'
import { Timers } from '../../sim/host/timers.ts'
import { VERBS } from '../../sim/app/verbs/index.ts'
import type { Stage } from '../../sim/app/verbs/verb.ts'
import type { Host } from '../../sim/host/host.ts'
import { type Entry, SENT } from '../../sim/trace/index.ts'
import type { Address } from '../../sim/wire/address.ts'
import { ip, Network } from '../host/machines.ts'

export const MS = 1_000_000
export const CLIENT = ip('10.1.0.10')
export const SERVER = ip('10.1.0.1')

export interface StandSettings {
  readonly names?: Readonly<Record<string, string>>
  readonly resolver?: Partial<ResolverSettings>
  readonly cores?: number
  /** Whether somebody wants to see the bodies of answers. */
  readonly bodies?: boolean
}

/** A client and a server on one cable, with programs, verbs and what the verbs told. */
export class Stand implements Report {
  readonly network: Network = new Network()
  readonly client: Host
  readonly server: Host
  readonly stage: Stage
  readonly told: (Ended & { readonly step: number; readonly atMs: number })[] = []
  /** Steps that have ended, with the millisecond. */
  readonly steps: { readonly step: number; readonly atMs: number }[] = []
  private readonly bodies: boolean
  private readonly work: (() => void)[] = []
  private readonly handler: number

  constructor(settings: StandSettings = {}) {
    const { network } = this
    this.bodies = settings.bodies ?? true
    this.client = network.host('client')
    this.server = network.host('server')
    const one = network.iface(this.client, '10.1.0.10/24', '10.1.0.11/24', '10.1.0.12/24')
    network.cable(one, network.iface(this.server, '10.1.0.1/24'))
    network.start()
    const timers = new Timers(network.agenda)
    const names = new Map<string, readonly Address[]>()
    for (const [name, text] of Object.entries(settings.names ?? {})) names.set(name, [v4(text)])
    const resolver = settings.resolver === undefined ? undefined : told(settings.resolver)
    const cores = settings.cores ?? Number.POSITIVE_INFINITY
    const actors = [this.client, this.server].map((host, node): Actor => {
      const asks = new Resolver(host, timers, names, node === 0 ? resolver : undefined)
      return { host, timers, cores, resolver: asks }
    })
    this.stage = { actors, report: this, held: new Map(), taps: new Map() }
    this.handler = network.agenda.register((index) => this.work[index]!())
  }

  wantsBody(): boolean {
    return this.bodies
  }

  ended(step: number, ended: Ended): void {
    this.told.push({ ...ended, step, atMs: this.network.agenda.now / MS })
  }

  finished(step: number): void {
    this.steps.push({ step, atMs: this.network.agenda.now / MS })
  }

  /** Starts a program on the server. */
  listen(run: RunSettings, more: Partial<ProgramSettings> = {}): this {
    const kind = PROGRAMS.find(({ name }) => name === run.kind)!
    kind.start(this.stage.actors[1]!, { ...PROGRAM, ...more, run })
    return this
  }

  /** Lets a step of the client begin at an instant. */
  step(atMs: number, settings: VerbSettings): this {
    const verb = VERBS.find(({ name }) => name === settings.verb)!
    return this.at(atMs, () => verb.begin(this.stage, settings))
  }

  at(atMs: number, work: () => void): this {
    this.work.push(work)
    this.network.agenda.schedule(atMs * MS, this.handler, this.work.length - 1, 0)
    return this
  }

  run(seconds: number): this {
    this.network.run(seconds)
    return this
  }

  /** Every TCP segment and UDP datagram that left a machine, in order. */
  sent(): Sent[] {
    const port = (host: Host): number => host.interfaces[1]!.place
    return this.network.journal.entries
      .filter(({ kind, place }) => kind === SENT && place === port(this.client))
      .concat(
        this.network.journal.entries.filter(
          ({ kind, place }) => kind === SENT && place === port(this.server),
        ),
      )
      .sort((a, b) => a.timeNs - b.timeNs || a.place - b.place)
      .flatMap((entry) => read(entry, entry.place === port(this.client) ? 'C' : 'S'))
  }

  /** `C S`, `S SA`, `C PA 120`: who, flags, octets; pure ACKs are left out. */
  talk(): string[] {
    return this.sent()
      .filter(({ flags, text }) => flags !== 'A' || text.length > 0)
      .map(({ who, flags, text }) => `${who} ${flags}${text.length > 0 ? ` ${text.length}` : ''}`)
  }

  /** What a side sent, as one text. */
  said(who: 'C' | 'S'): string {
    return this.sent()
      .filter((sent) => sent.who === who)
      .map(({ text }) => text)
      .join('')
  }

  outcomes(): string[] {
    return this.told.map(({ outcome }) => outcome)
  }
}

export interface Sent {
  readonly who: 'C' | 'S'
  readonly atMs: number
  readonly flags: string
  readonly text: string
  readonly srcPort: number
  readonly ident: number
  readonly ttl: number
  /** As sent, not scaled. */
  readonly window: number
}

function read(entry: Entry, who: 'C' | 'S'): Sent[] {
  const octets = entry.octets!
  const v = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  if (v.getUint16(12) !== 0x0800) return []
  const protocol = v.getUint8(23)
  if (protocol !== 6 && protocol !== 17) return []
  const header = protocol === 6 ? (v.getUint8(46) >> 4) * 4 : 8
  const bits = protocol === 6 ? v.getUint8(47) : 0
  const flags = [...'FSRPA'].filter((_, i) => (bits & (1 << i)) !== 0).join('')
  const payload = octets.subarray(34 + header, 14 + v.getUint16(16))
  const text = String.fromCharCode(...payload)
  const [srcPort, ident, ttl] = [v.getUint16(34), v.getUint16(18), v.getUint8(22)]
  const window = protocol === 6 ? v.getUint16(48) : 0
  const atMs = entry.timeNs / MS
  return [{ who, atMs, flags: flags || 'udp', text, srcPort, ident, ttl, window }]
}

export function v4(text: string): Address {
  return { family: 4, v4: ip(text) }
}

function told(settings: Partial<ResolverSettings>): ResolverSettings {
  return { server: v4('10.1.0.1'), cache: true, ttl: 'obey', use: 'first', ...settings }
}

const PROGRAM = {
  name: 'program',
  address: undefined,
  port: 80,
  protocol: 'tcp',
  backlog: 128,
  receiveBuffer: undefined,
  sendBuffer: undefined,
  congestion: 'cubic',
  startsNs: 0,
} as const

/** A web server with one page for every path, changed as a test likes. */
export function web(
  page: Partial<PageSettings> = {},
  more: Partial<WebSettings> = {},
): WebSettings {
  const plain = { path: '*', status: 200, body: 'hello', size: 0, type: 'text/plain', headers: [] }
  return {
    kind: 'web',
    pages: [{ ...plain, ...page }],
    wait: { kind: 'constant', value: 0 },
    work: { kind: 'constant', value: 0 },
    keepAliveNs: 60_000 * MS,
    ...more,
  }
}

export const TRAFFIC: TrafficSettings = {
  index: 0,
  node: 0,
  times: 1,
  everyNs: undefined,
  timeoutNs: 60_000 * MS,
  sourcePort: 0,
  source: undefined,
  ttl: 0,
  dontFragment: 'when-it-fits',
}

/** The server's address and a port. */
export function to(port: number): Target {
  return { kind: 'address', address: { family: 4, v4: SERVER }, port }
}

export function named(name: string, port: number): Target {
  return { kind: 'name', name, port }
}

export function get(more: Partial<RequestSettings> = {}): VerbSettings {
  return {
    ...TRAFFIC,
    verb: 'get',
    target: to(80),
    host: '10.1.0.1',
    path: '/',
    headers: [],
    body: undefined,
    size: 0,
    keepAlive: false,
    ...more,
  }
}

export function connect(
  operations: readonly Operation[],
  more: Partial<ConnectSettings> = {},
): VerbSettings {
  return { ...TRAFFIC, verb: 'connect', target: to(7), operations, ...more }
}

export function datagram(more: Partial<DatagramSettings> = {}): VerbSettings {
  const plain = { target: to(53), size: 0, text: 'question', answers: 1, sources: undefined }
  return { ...TRAFFIC, verb: 'datagram', ...plain, ...more }
}

/** The operations of scripts, short. */
export const op = {
  send: (size: number, times = 1, meanwhile = false): Operation => ({
    kind: 'send',
    size,
    times,
    meanwhile,
  }),
  say: (text: string, size?: number): Operation => ({ kind: 'say', text, size }),
  receive: (until: number | 'any' | 'end'): Operation => ({ kind: 'receive', until }),
  slowly: (upTo: number, everyMs: number): Operation => ({
    kind: 'receive-slowly',
    upTo,
    everyNs: everyMs * MS,
  }),
  sleep: (ms: number): Operation => ({ kind: 'sleep', forNs: ms * MS }),
  shutdown: { kind: 'shutdown' } as Operation,
  close: { kind: 'close' } as Operation,
  abort: { kind: 'abort' } as Operation,
}
