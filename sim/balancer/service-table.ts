import type { HookContext } from '../hook/hook.ts'
import { type Registry, Service } from './running-service.ts'
import type {
  Server,
  ServerBounds,
  ServerConfig,
  ServiceChange,
  ServiceConfig,
  VipConfig,
} from './service.ts'
import type { Terms } from './terms.ts'

export type { Service } from './running-service.ts'

const NO_CHANGE = { upperThreshold: undefined, lowerThreshold: undefined }

/** The services of one balancer, and how they are found and changed. */
export class ServiceTable {
  readonly list: readonly Service[]
  /** Called when a server has gone down. */
  onDown: (service: Service, server: Server) => void = () => {}
  /** What each rule number stands for, from `firstRule` on. */
  readonly rules: string[] = []
  private readonly terms: Terms[] = []
  private readonly byNumber = new Map<number, Service>()
  /** Virtual ends of each address: those of one port before those of several. */
  private readonly byAddress = new Map<number, { vip: VipConfig; service: Service }[]>()

  constructor(context: HookContext, configs: readonly ServiceConfig[], firstRule: number) {
    const { rules, terms } = this
    const down: Registry['down'] = (service, server) => this.onDown(service, server)
    const registry: Registry = { context, firstRule, rules, terms, machines: new Map(), down }
    this.list = configs.map((config) => new Service(config, registry))
    for (const service of this.list) {
      this.byNumber.set(service.config.number, service)
      for (const vip of service.config.vips) this.listen(vip, service)
    }
  }

  /** The service with this number; it must be one of this balancer's. */
  get(number: number): Service {
    return this.byNumber.get(number)!
  }

  /** The terms with this number, which a connection remembers. */
  termsOf(number: number): Terms {
    return this.terms[number]!
  }

  /** All terms that hold or have held for connections of the services. */
  get allTerms(): readonly Terms[] {
    return this.terms
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
    const service = this.get(number)
    const known = service.servers.find(({ address, port }) => {
      return address === config.address && port === config.port
    })
    const server = known ?? service.enlist(config)
    service.put(server, config, 'first')
    return server.number
  }

  /** Makes a known server one of the present ones, at the head of the scan order or at its end. */
  putServer(number: number, server: number, bounds: ServerBounds, place: 'first' | 'last'): void {
    const service = this.get(number)
    service.put(service.servers[server]!, bounds, place)
  }

  /** Gives a server another weight or other thresholds. */
  setBounds(number: number, server: number, bounds: ServerBounds): void {
    const service = this.get(number)
    service.setBounds(service.servers[server]!, bounds)
  }

  /** Takes a server out; its connections stay and lead nowhere. */
  removeServer(number: number, server: number): void {
    const service = this.get(number)
    service.remove(service.servers[server]!)
  }

  /**
   * A check has found a server down, or up again: it is given nothing new, and keeps its place.
   * Whether that changes anything.
   */
  setUp(number: number, server: number, up: boolean): boolean {
    const service = this.get(number)
    return service.setHealthy(service.servers[server]!, up)
  }

  /** Gives a running service other settings. */
  change(number: number, change: ServiceChange): void {
    this.get(number).change(change)
  }

  setWeight(number: number, serverNumber: number, weight: number): void {
    this.setBounds(number, serverNumber, { weight, ...NO_CHANGE })
  }

  private listen(vip: VipConfig, service: Service): void {
    const ends = this.byAddress.get(vip.address) ?? []
    this.byAddress.set(vip.address, ends)
    const one = vip.port === vip.lastPort
    const at = one ? ends.findIndex((end) => end.vip.port !== end.vip.lastPort) : -1
    ends.splice(at < 0 ? ends.length : at, 0, { vip, service })
  }
}
