import type { HookContext, Packet } from '../hook/hook.ts'
import { DECIDED, TRANSLATED } from '../trace/index.ts'
import type { Connections } from './connections.ts'
import type { Server } from './service.ts'
import type { Service } from './service-table.ts'

/** Tells whoever listens what a balancer does. */
export class Notes {
  private readonly context: HookContext
  private readonly kept: Connections

  constructor(context: HookContext, kept: Connections) {
    this.context = context
    this.kept = kept
  }

  /** A connection was given to a server; `known`: one that its client had before. */
  decided(packet: Packet, service: Service, server: Server, known: boolean): void {
    const { trace, place } = this.context
    if ((trace.mask & DECIDED) === 0) return
    const manner = service.manner(known)
    trace.emit(DECIDED, place, packet.frame, service.config.number, server.number, manner)
  }

  /** `direction`: 0 of a request, 1 of an answer. */
  translated(packet: Packet, row: number, server: Server, direction: number): void {
    const { trace, place } = this.context
    if ((trace.mask & TRANSLATED) === 0) return
    const rule = server.rule + this.kept.termsOf(row).schedule
    const serial = this.kept.flows.serial(row)
    trace.emit(TRANSLATED, place, packet.frame, rule, serial, direction)
  }
}
