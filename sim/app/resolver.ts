import type { Stream } from '../engine/chance.ts'
import type { Host } from '../host/host.ts'
import type { SocketOwner } from '../host/socket-owner.ts'
import type { Address } from '../wire/address.ts'
import * as dns from '../wire/dns.ts'
import { numberOf, speaks } from './endpoint.ts'
import { NO_TIMER, type Timed, type Timer, type Timers } from '../host/timers.ts'

export interface ResolverSettings {
  readonly server: Address
  readonly cache: boolean
  /** `obey` the TTL, `ignore` it (ask every time), or believe an answer `for-ever`. */
  readonly ttl: 'obey' | 'ignore' | 'for-ever'
  readonly use: 'first' | 'any'
}

/** What became of a question. */
export type Resolution =
  | { readonly addresses: readonly Address[] }
  | { readonly problem: 'timeout' | 'no-such-name' | 'unreachable' | 'refused' }

/** Who asked; called in an event of its own, or at once when the answer is known already. */
export interface Asker {
  resolved(resolution: Resolution): void
}

/** Address number and port of who asks; 0: what the route says, an ephemeral one. */
export interface Sender {
  readonly local: number
  readonly localPort: number
}

const ANYWHERE: Sender = { local: 0, localPort: 0 }
const NS_PER_S = 1_000_000_000
/** glibc's resolver: 5 s a try, two tries. */
const TRY_NS = 5 * NS_PER_S
const TRIES = 2
const DNS_PORT = 53

/** The stub resolver of a machine: the host file first, then its name server, with a cache. */
export class Resolver {
  readonly host: Host
  readonly timers: Timers
  private readonly names: ReadonlyMap<string, readonly Address[]>
  private readonly settings: ResolverSettings | undefined
  private readonly cache = new Map<string, { addresses: readonly Address[]; untilNs: number }>()
  readonly stream: Stream

  constructor(
    host: Host,
    timers: Timers,
    names: ReadonlyMap<string, readonly Address[]>,
    settings: ResolverSettings | undefined,
  ) {
    this.host = host
    this.timers = timers
    this.names = names
    this.settings = settings
    this.stream = host.world.chance.stream(`${host.name} dns id`)
  }

  /**
   * Asks for the addresses of a name. `ident` 0 draws the message's id; `from` is where the question
   * is sent from.
   */
  resolve(
    name: string,
    type: 'A' | 'AAAA',
    ident: number,
    asker: Asker,
    from: Sender = ANYWHERE,
  ): void {
    const family = type === 'A' ? 4 : 6
    const known = this.names.get(name.toLowerCase())?.filter((one) => one.family === family)
    if (known !== undefined && known.length > 0) return asker.resolved({ addresses: known })
    const { settings } = this
    if (settings === undefined) return asker.resolved({ problem: 'no-such-name' })
    const cached = this.cache.get(`${name.toLowerCase()} ${type}`)
    if (cached !== undefined && cached.untilNs > this.host.now) {
      return asker.resolved({ addresses: cached.addresses })
    }
    const server = numberOf(this.host, settings.server)
    new Question(this, server, name, type, ident, asker).ask(from)
  }

  /**
   * Asks for addresses to connect to, of the families in which this machine has an address itself
   * (getaddrinfo with AI_ADDRCONFIG). Those that can be reached come first, IPv6 before IPv4
   * (RFC 6724 §6, rules 1 and 6).
   */
  lookUp(name: string, asker: Asker): void {
    const types = (['A', 'AAAA'] as const).filter((type) => speaks(this.host, type === 'A' ? 4 : 6))
    const all: Resolution[] = []
    const resolved = (resolution: Resolution): void => {
      all.push(resolution)
      if (all.length < types.length) return
      const addresses = all.flatMap((one) => ('addresses' in one ? one.addresses : []))
      if (addresses.length === 0) asker.resolved(all[0]!)
      else asker.resolved({ addresses: this.preferred(addresses) })
    }
    if (types.length === 0) return asker.resolved({ problem: 'unreachable' })
    for (const type of types) this.resolve(name, type, 0, { resolved })
  }

  private preferred(addresses: readonly Address[]): readonly Address[] {
    const { ip } = this.host
    const reached = (one: Address): boolean => ip.sourceFor(numberOf(this.host, one)) !== 0
    const rank = (one: Address): number => (reached(one) ? 0 : 2) + (one.family === 6 ? 0 : 1)
    return [0, 1, 2, 3].flatMap((wanted) => addresses.filter((one) => rank(one) === wanted))
  }

  /** The address to use of an answer. */
  choose(addresses: readonly Address[]): Address | undefined {
    if (this.settings?.use === 'any' && addresses.length > 1) {
      return addresses[this.stream.below(addresses.length)]
    }
    return addresses[0]
  }

  /** Remembers an answer for as long as the machine believes it. */
  remember(name: string, type: string, addresses: readonly Address[], ttlSeconds: number): void {
    const { settings } = this
    if (settings === undefined || !settings.cache || settings.ttl === 'ignore') return
    const life = settings.ttl === 'for-ever' ? Number.POSITIVE_INFINITY : ttlSeconds * NS_PER_S
    this.cache.set(`${name.toLowerCase()} ${type}`, { addresses, untilNs: this.host.now + life })
  }
}

/** One question on its way. */
class Question implements SocketOwner, Timed {
  private readonly resolver: Resolver
  private readonly server: number
  private readonly name: string
  private readonly type: 'A' | 'AAAA'
  private readonly ident: number
  private readonly asker: Asker
  private socket = -1
  private tries = 0
  private timer: Timer = NO_TIMER
  private query: Uint8Array = new Uint8Array(0)

  constructor(
    resolver: Resolver,
    server: number,
    name: string,
    type: 'A' | 'AAAA',
    ident: number,
    asker: Asker,
  ) {
    this.resolver = resolver
    this.server = server
    this.name = name
    this.type = type
    this.ident = ident === 0 ? resolver.stream.below(0x1_0000) : ident
    this.asker = asker
  }

  ask({ local, localPort }: Sender): void {
    const { udp } = this.resolver.host
    this.socket = udp.open({ owner: this, local, localPort })
    if (this.socket < 0) return this.asker.resolved({ problem: 'refused' })
    const code = this.type === 'A' ? dns.TYPE_A : dns.TYPE_AAAA
    this.query = dns.writeQuery(this.ident, this.name, code)
    this.send()
  }

  wake(): void {
    const { udp } = this.resolver.host
    const error = udp.error(this.socket)
    if (error !== '') {
      return this.end({ problem: error === 'too-big' ? 'unreachable' : error })
    }
    for (let got = udp.receive(this.socket); got !== undefined; got = udp.receive(this.socket)) {
      if (got.from !== this.server || got.fromPort !== DNS_PORT) continue
      const message = dns.read(got.bytes)
      if (typeof message !== 'string' && this.isMine(message)) return this.answered(message)
    }
  }

  /** RFC 5452 §9.1: an answer to this question has its id and repeats it. */
  private isMine(message: dns.Message): boolean {
    const { isResponse, id, name } = message
    return isResponse && id === this.ident && name.toLowerCase() === this.name.toLowerCase()
  }

  due(): void {
    this.timer = NO_TIMER
    if (this.tries < TRIES) this.send()
    else this.end({ problem: 'timeout' })
  }

  private send(): void {
    const { udp } = this.resolver.host
    this.tries++
    if (!udp.sendTo(this.socket, this.query, 0, this.query.length, this.server, DNS_PORT)) {
      return this.end({ problem: 'unreachable' })
    }
    this.timer = this.resolver.timers.after(TRY_NS, this, 0)
  }

  private answered(message: dns.Message): void {
    const addresses = message.answers.flatMap(({ address }) =>
      address === undefined ? [] : [address],
    )
    if (addresses.length === 0) return this.end({ problem: 'no-such-name' })
    const ttl = Math.min(...message.answers.map((answer) => answer.ttlSeconds))
    this.resolver.remember(this.name, this.type, addresses, ttl)
    this.end({ addresses })
  }

  private end(resolution: Resolution): void {
    if (this.timer !== NO_TIMER) this.resolver.timers.cancel(this.timer)
    this.resolver.host.udp.close(this.socket)
    this.asker.resolved(resolution)
  }
}
