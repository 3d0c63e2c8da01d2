import type { Stream } from '../engine/chance.ts'
import type { Host } from '../host/host.ts'
import type { Address } from '../wire/address.ts'
import { numberOf, speaks } from './endpoint.ts'
import { Inquiry, type RecordType, type Resolution, type Sender } from './inquiry.ts'
import type { Timers } from '../host/timers.ts'

export interface ResolverSettings {
  readonly server: Address
  readonly cache: boolean
  /** `obey` the TTL, `ignore` it (ask every time), or believe an answer `for-ever`. */
  readonly ttl: 'obey' | 'ignore' | 'for-ever'
  readonly use: 'first' | 'any'
}

/** Who asked; called in an event of its own, or at once when the answer is known already. */
export interface Asker {
  resolved(resolution: Resolution): void
}

const ANYWHERE: Sender = { local: 0, localPort: 0 }
const NS_PER_S = 1_000_000_000

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
   * Asks for the addresses of a name. `ident` 0 draws the message's id; `from` is where the
   * question is sent from.
   */
  resolve(
    name: string,
    type: 'A' | 'AAAA',
    ident: number,
    asker: Asker,
    from: Sender = ANYWHERE,
  ): void {
    const known = this.known(name, type)
    if (known !== undefined) return asker.resolved({ addresses: known })
    this.ask(name, [{ type, ident }], from, ([resolution]) => asker.resolved(resolution!))
  }

  /**
   * Asks for addresses to connect to, of the families in which this machine has an address itself
   * (getaddrinfo with AI_ADDRCONFIG), or of the one `family`. Those that can be reached come first,
   * IPv6 before IPv4 (RFC 6724 §6, rules 1 and 6).
   */
  lookUp(name: string, family: 4 | 6 | undefined, asker: Asker): void {
    const types = (['A', 'AAAA'] as const).filter((type) => {
      const own = familyOf(type)
      return family === undefined ? speaks(this.host, own) : own === family
    })
    const known = types.flatMap((type) => this.known(name, type) ?? [])
    // What the host file knows is asked of nobody, though it may lack one family.
    const open = this.names.has(name.toLowerCase())
      ? []
      : types.filter((type) => this.known(name, type) === undefined)
    const told = (resolutions: readonly Resolution[]): void => {
      const found = resolutions.flatMap((one) => ('addresses' in one ? one.addresses : []))
      const addresses = [...known, ...found]
      if (addresses.length > 0) asker.resolved({ addresses: this.preferred(addresses) })
      else asker.resolved(resolutions[0] ?? { problem: 'no-such-name' })
    }
    if (open.length === 0) return told([])
    const questions = open.map((type) => ({ type, ident: 0 }))
    this.ask(name, questions, ANYWHERE, told)
  }

  /** What is known without asking: by the host file, or still by an earlier answer. */
  private known(name: string, type: RecordType): readonly Address[] | undefined {
    const key = name.toLowerCase()
    const listed = this.names.get(key)?.filter((one) => one.family === familyOf(type))
    if (listed !== undefined && listed.length > 0) return listed
    const cached = this.cache.get(`${key} ${type}`)
    return cached !== undefined && cached.untilNs > this.host.now ? cached.addresses : undefined
  }

  private ask(
    name: string,
    questions: readonly { readonly type: RecordType; readonly ident: number }[],
    from: Sender,
    told: (resolutions: readonly Resolution[]) => void,
  ): void {
    const { settings } = this
    if (settings === undefined) return told(questions.map(() => ({ problem: 'no-such-name' })))
    const server = numberOf(this.host, settings.server)
    new Inquiry(this, server, name, questions, told).begin(from)
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

const familyOf = (type: RecordType): 4 | 6 => (type === 'A' ? 4 : 6)
