import type { HookContext, Packet, Verdict } from '../../hook/hook.ts'
import type { FlowTable } from '../../nat/flow-table.ts'
import type { ServerConfig } from '../service.ts'

/** A way to hand a packet to the chosen server: a file each. */
export interface Forwarder {
  /** The word a sheet writes. */
  readonly name: string
  readonly sentence: string
  readonly source: string
  readonly elsewhere: readonly string[]
  /** Whether the server's answers come back through the balancer. */
  readonly seesReplies: boolean
  /** Whether a connection gets a source of the balancer's. */
  readonly changesSource: boolean
  /** Whether packets pass as through a router: their TTL is checked and falls by one. */
  readonly isHop: boolean
  /** Port at the server of a connection to `virtualPort`. */
  serverPort(server: Pick<ServerConfig, 'port'>, virtualPort: number): number
  /**
   * A packet from the client, on its way to the server of its flow; where answers do not come back,
   * an ICMP error about one as well.
   */
  request(packet: Packet, row: number, flows: FlowTable, context: HookContext): Verdict
  /** A packet from the server, on its way to the client. */
  reply(packet: Packet, row: number, flows: FlowTable, context: HookContext): Verdict
}
