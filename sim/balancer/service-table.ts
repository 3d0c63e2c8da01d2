import type { HookContext } from '../hook/hook.ts'
import { isIpv6 } from '../wire/address-book.ts'
import { type Forwarder, FORWARDERS } from './forward/index.ts'
import { PERSISTENCES, Templates } from './persist/index.ts'
import { type Pool, SCHEDULERS, type Turn } from './schedule/index.ts'
import type { Server, ServerBounds, ServerConfig, ServiceConfig, VipConfig } from './service.ts'

const NO_CHANGE = { upperThreshold: undefined, lowerThreshold: undefined }

/** A service in operation. */
export interface Service extends Pool {
  readonly config: ServiceConfig
  readonly forwarder: Forwarder
  readonly turn: Turn
  /** Choices that later connections follow; undefined without persistence. */
  readonly templates: Templates | undefined
  /** Servers by number, the removed ones too. */
  readonly servers: Server[]
  scan: readonly Server[]
  /** Those that are configured now, the ones that are down too: what `scan` is made of. */
  order: readonly Server[]
}

/** The services of one balancer, and how they are found and changed. */
export class ServiceTable {
  readonly list: readonly Service[]
  /** What each rule number stands for, from `firstRule` on. */
  readonly rules: string[] = []
  private readonly context: HookContext
  private readonly firstRule: number
  private readonly byNumber = new Map<number, Service>()
  /** Virtual ends of each address: those of one port before those of several. */
  private readonly byAddress = new Map<number, { vip: VipConfig; service: Service }[]>()

  constructor(context: HookContext, configs: readonly ServiceConfig[], firstRule: number) {
    this.context = context
    this.firstRule = firstRule
    this.list = configs.map((config) => this.open(config))
    for (const service of this.list) {
      this.byNumber.set(service.config.number, service)
      for (const vip of service.config.vips) this.listen(vip, service)
    }
  }

  /** The service with this number; it must be one of this balancer's. */
  get(number: number): Service {
    return this.byNumber.get(number)!
  }

  /** The service at this end, or undefined. */
  find(address: number, port: number, isTcp: boolean): Service | undefined {
    const ends = this.byAddress.get(address)
    if (ends === undefined) return undefined
    for (let i = 0; i < ends.length; i++) {
      const { vip, service } = ends[i]!
      if (port < vip.port || port > vip.lastPort) continue
      if (vip.protocol === 'any' || (vip.protocol === 'tcp') === isTcp) return service
    }
    return undefined
  }

  /** Whether a server of a service listens there. */
  isServer(address: number, port: number, isTcp: boolean): boolean {
    for (const { servers, config } of this.list) {
      if (!config.vips.some(({ protocol }) => protocol === 'any' || (protocol === 'tcp') === isTcp))
        continue
      for (const server of servers) {
        if (server.present && server.address === address && server.port === port) return true
      }
    }
    return false
  }

  /**
   * Adds a server at the head of the scan order, as `ipvsadm -a` does, and returns its number. One
   * that was removed before is the same server again: it finds its connections.
   */
  addServer(number: number, config: ServerConfig): number {
    const { servers, config: service } = this.get(number)
    const server =
      servers.find((known) => known.address === config.address && known.port === config.port) ??
      this.enlist(service, config, servers)
    this.putServer(number, server.number, config, 'first')
    return server.number
  }

  /** Makes a known server one of the present ones, at the head of the scan order or at its end. */
  putServer(
    number: number,
    serverNumber: number,
    bounds: ServerBounds,
    place: 'first' | 'last',
  ): void {
    const service = this.get(number)
    const server = service.servers[serverNumber]!
    server.present = true
    this.bound(server, bounds)
    const others = service.order.filter((other) => other !== server)
    service.order = place === 'first' ? [server, ...others] : [...others, server]
    this.rescan(service)
  }

  /** Gives a server another weight or other thresholds. */
  setBounds(number: number, serverNumber: number, bounds: ServerBounds): void {
    const service = this.get(number)
    this.bound(service.servers[serverNumber]!, bounds)
    service.turn.changed()
  }

  /** Takes a server out; its connections stay and lead nowhere. */
  removeServer(number: number, serverNumber: number): void {
    const service = this.get(number)
    const server = service.servers[serverNumber]!
    server.present = false
    service.order = service.order.filter((other) => other !== server)
    this.rescan(service)
  }

  /**
   * A check has found a server down, or up again: it is given nothing new, and keeps its place and
   * its connections.
   */
  setUp(number: number, serverNumber: number, up: boolean): void {
    const service = this.get(number)
    service.servers[serverNumber]!.up = up
    this.rescan(service)
  }

  setWeight(number: number, serverNumber: number, weight: number): void {
    this.setBounds(number, serverNumber, { weight, ...NO_CHANGE })
  }

  private rescan(service: Service): void {
    service.scan = service.order.filter((server) => server.up)
    service.turn.changed()
  }

  private bound(server: Server, bounds: ServerBounds): void {
    const { weight, upperThreshold, lowerThreshold } = bounds
    if (weight !== undefined) {
      server.weight = weight
      if (weight > 0) server.lastWeight = weight
    }
    if (lowerThreshold !== undefined) server.lowerThreshold = lowerThreshold
    if (upperThreshold === undefined) return
    // A higher bound, or none, lets it have new ones at once (ip_vs_ctl.c, __ip_vs_update_dest).
    if (upperThreshold === 0 || upperThreshold > server.upperThreshold) server.overloaded = false
    server.upperThreshold = upperThreshold
  }

  private open(config: ServiceConfig): Service {
    const forwarder = FORWARDERS.find((one) => one.name === config.forward)
    const scheduler = SCHEDULERS.find((one) => one.name === config.schedule)
    if (forwarder === undefined) throw new RangeError(`no forwarder is named '${config.forward}'`)
    if (scheduler === undefined) throw new RangeError(`no scheduler is named '${config.schedule}'`)
    const servers: Server[] = []
    for (const server of config.servers) this.enlist(config, server, servers)
    // The turn looks at the service itself, so that it sees what becomes of it.
    const order: readonly Server[] = servers.filter((server) => server.present)
    const pool = { scan: order, order }
    const { clock, addresses } = this.context
    const around = { clock, addresses, dice: config.dice, settings: config.scheduleSettings }
    const turn = scheduler.start(pool, around)
    const templates = templatesOf(config, this.context)
    return Object.assign(pool, { config, forwarder, servers, turn, templates })
  }

  private enlist(service: ServiceConfig, config: ServerConfig, servers: Server[]): Server {
    const { name, address, port, weight } = config
    const rule = this.firstRule + this.rules.length
    this.rules.push(`service ${service.name}: ${service.schedule} chose ${name}`)
    const number = servers.length
    const { upperThreshold, lowerThreshold } = config
    const server: Server = {
      number,
      name,
      address,
      port,
      rule,
      weight,
      lastWeight: weight,
      upperThreshold,
      lowerThreshold,
      overloaded: false,
      active: 0,
      inactive: 0,
      present: config.fromStart,
      up: true,
    }
    servers.push(server)
    return server
  }

  private listen(vip: VipConfig, service: Service): void {
    const ends = this.byAddress.get(vip.address) ?? []
    this.byAddress.set(vip.address, ends)
    const one = vip.port === vip.lastPort
    const at = one ? ends.findIndex((end) => end.vip.port !== end.vip.lastPort) : -1
    ends.splice(at < 0 ? ends.length : at, 0, { vip, service })
  }
}

function templatesOf(config: ServiceConfig, context: HookContext): Templates | undefined {
  const { persist, vips } = config
  if (persist === undefined) return undefined
  const kind = PERSISTENCES.find((one) => one.name === persist.kind)
  if (kind === undefined) throw new RangeError(`no persistence is named '${persist.kind}'`)
  const [vip, ...others] = vips
  if (vip === undefined) return undefined
  const nobody = isIpv6(vip.address) ? context.addresses.numberOf(0, 0, 0, 0) : 0
  // A list of addresses is one service, as those of a firewall mark are: IPVS gives its templates
  // the protocol IP and no port.
  const one = others.length === 0
  const protocol = one && vip.protocol !== 'any' ? vip.protocol : 'ip'
  const virtual = one ? vip.address : nobody
  const virtualPort = one && vip.port === vip.lastPort ? vip.port : 0
  return new Templates(kind, persist, { protocol, virtual, virtualPort, nobody }, context)
}
