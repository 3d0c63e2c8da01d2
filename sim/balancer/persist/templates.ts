import type { HookContext } from '../../hook/hook.ts'
import type { Arrival, Server } from '../service.ts'
import type { Persistence, PersistSettings } from './persistence.ts'

/** How long a template lives on that still controls connections when its time is over. */
const AGAIN_NS = 60_000_000_000
/** Templates beyond which those that are over are cleared away. */
const FIRST_SWEEP = 1024

/** A line of the table, as `ipvsadm -Lnc` shows templates; addresses are numbers. */
export interface TemplateRow {
  /** `ip`: it stands for both. */
  readonly protocol: 'tcp' | 'udp' | 'ip'
  readonly client: number
  readonly virtual: number
  readonly virtualPort: number
  readonly server: number
  readonly serverPort: number
  readonly expiresNs: number
}

/** A choice that later connections follow. */
interface Template {
  readonly server: Server
  readonly expiresNs: number
  /** Connections that follow it and are remembered. */
  readonly controlled: number
  /** When the last of those ended that have. */
  readonly freedNs: number
}

/** What all templates of a service show beside the client. */
export interface TemplateFace {
  readonly protocol: 'tcp' | 'udp' | 'ip'
  /** Virtual address and port; `nobody` and 0 where a template stands for several. */
  readonly virtual: number
  readonly virtualPort: number
  /** The unspecified address of the family, where a row has none. */
  readonly nobody: number
}

/**
 * The templates of one service (net/netfilter/ipvs/ip_vs_core.c, ip_vs_sched_persist): the first
 * connection of a client leaves one behind, later ones follow it. Each new connection lets it live
 * for the whole timeout again, packets of those that are open do not; one that still controls
 * connections when its time is over lives a minute more, again and again.
 */
export class Templates {
  private readonly kind: Persistence
  private readonly settings: PersistSettings
  private readonly face: TemplateFace
  private readonly context: HookContext
  private readonly kept = new Map<number, Template>()
  private sweepAt = FIRST_SWEEP

  constructor(
    kind: Persistence,
    settings: PersistSettings,
    face: TemplateFace,
    context: HookContext,
  ) {
    this.kind = kind
    this.settings = settings
    this.face = face
    this.context = context
  }

  /**
   * The server that a new connection has to meet, or undefined when it may choose: nobody like it
   * came before, its server is gone or down, or drained while `quiescentExpires`
   * (net.ipv4.vs.expire_quiescent_template).
   */
  find(arrival: Arrival, quiescentExpires: boolean): Server | undefined {
    const template = this.living(this.keyOf(arrival))
    if (template === undefined) return undefined
    const { server } = template
    if (!server.present || !server.up) return undefined
    return server.weight === 0 && quiescentExpires ? undefined : server
  }

  /** A new connection has met this server: the template is made, or lives anew. */
  follow(arrival: Arrival, server: Server): void {
    const key = this.keyOf(arrival)
    const before = this.living(key)
    const { now } = this.context.clock
    const same = before !== undefined && before.server === server
    const expiresNs = now + this.settings.timeoutNs
    const controlled = same ? before.controlled + 1 : 1
    // A new one stands behind the others; a known one keeps its place.
    if (!same) this.kept.delete(key)
    this.kept.set(key, { server, expiresNs, controlled, freedNs: now })
    if (this.kept.size > this.sweepAt) this.sweep()
  }

  /** A connection that followed a template is forgotten, at this instant. */
  release(arrival: Arrival, server: Server, atNs: number): void {
    const key = this.keyOf(arrival)
    const template = this.kept.get(key)
    if (template === undefined || template.server !== server) return
    const controlled = Math.max(0, template.controlled - 1)
    const freedNs = Math.max(template.freedNs, atNs)
    this.kept.set(key, { ...template, controlled, freedNs })
  }

  /** Those that live now, in the order of their making. */
  rows(): TemplateRow[] {
    this.sweep()
    const { of } = this.kind
    const { protocol, virtual, virtualPort, nobody } = this.face
    return [...this.kept].map(([key, template]) => ({
      protocol,
      client: of === 'client' ? key : nobody,
      virtual: of === 'virtual' ? key : virtual,
      virtualPort,
      server: template.server.address,
      serverPort: template.server.port,
      expiresNs: template.expiresNs,
    }))
  }

  private keyOf(arrival: Arrival): number {
    return this.kind.keyOf(arrival, this.settings, this.context.addresses)
  }

  /** The template as it is now; one whose time is over is gone, or has got a minute more. */
  private living(key: number): Template | undefined {
    const template = this.kept.get(key)
    if (template === undefined) return undefined
    const { now } = this.context.clock
    if (template.expiresNs > now) return template
    // It was looked at when its time was over, and each minute after that while it was needed.
    const { controlled, freedNs } = template
    const late = (controlled > 0 ? now + 1 : freedNs) - template.expiresNs
    const expiresNs = template.expiresNs + Math.max(0, Math.ceil(late / AGAIN_NS)) * AGAIN_NS
    if (expiresNs <= now) {
      this.kept.delete(key)
      return undefined
    }
    const longer = { ...template, expiresNs }
    this.kept.set(key, longer)
    return longer
  }

  private sweep(): void {
    for (const key of [...this.kept.keys()]) this.living(key)
    this.sweepAt = Math.max(FIRST_SWEEP, this.kept.size * 2)
  }
}
