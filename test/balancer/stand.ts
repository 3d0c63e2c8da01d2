import { AddressBook } from '../../sim/wire/address-book.ts'
import { Balancer } from '../../sim/balancer/balancer.ts'
import type { Machine } from '../../sim/balancer/machine.ts'
import type { ServerConfig, ServiceConfig } from '../../sim/balancer/service.ts'
import {
  FORWARD,
  HookTable,
  INPUT,
  OUTPUT,
  type Packet,
  REROUTE,
  type Verdict,
} from '../../sim/hook/hook.ts'
import { SYSCTL_DEFAULTS } from '../../sim/host/sysctl.ts'
import { type Entry, Journal, Trace } from '../../sim/trace/index.ts'
import * as ipv4 from '../../sim/wire/ipv4.ts'
import { ip, octetsOf, packetOf } from '../nat/packets.ts'

export const S = 1_000_000_000
export const VIP = '199.237.202.124'
/** Address of the balancer on the wire of the servers. */
export const OWN = '172.16.20.254'

/** What came of a packet. */
export interface Passed {
  readonly verdict: Verdict
  readonly octets: Uint8Array
  /** Reason and ICMP error, when it ended here. */
  readonly reason: number
  readonly icmp: number
  readonly nextHop: number
}

/** A service at `VIP` with servers such as `172.16.20.1:8080`. */
export function service(
  servers: readonly string[],
  change: Partial<ServiceConfig> = {},
): ServiceConfig {
  const vips = [{ address: ip(VIP), port: 80, lastPort: 80, protocol: 'tcp' as const }]
  const words = { number: 0, name: 'web', forward: 'dnat', schedule: 'round-robin' }
  const rest = { scheduleSettings: {}, dice: { below: () => 0 } }
  return {
    ...words,
    ...rest,
    vips,
    servers: servers.map((text) => server(text)),
    persist: undefined,
    onePacket: false,
    ...change,
  }
}

export function server(text: string, weight = 1): ServerConfig {
  const [address, port] = text.split(':') as [string, string | undefined]
  const thresholds = { upperThreshold: 0, lowerThreshold: 0, fromStart: true }
  return { name: text, address: ip(address), port: Number(port ?? 0), weight, ...thresholds }
}

/** A balancer on hooks without a machine: packets go in as octets and come out as octets. */
export class Stand {
  readonly clock: { now: number } = { now: 0 }
  readonly journal: Journal = new Journal()
  /** Settings that are not the kernel's defaults. */
  readonly settings: Record<string, number> = {}
  readonly balancer: Balancer
  /** What chance draws, in turn; then 0. */
  readonly draws: number[] = []
  /** The flow that connection tracking knows. */
  oldFlow = -2
  /** Resets that the balancer had sent: both ends, sequence number and ACK. */
  readonly resets: number[][] = []
  private readonly later: { readonly atNs: number; readonly run: () => void }[] = []
  private readonly machine: Machine = {
    setting: (name) => this.settings[name] ?? SYSCTL_DEFAULTS[name] ?? 0,
    isLocal: (address) => address === ip(VIP) || address === ip(OWN),
    sourceTowards: () => ip(OWN),
    random16: () => this.draws.shift() ?? 0,
    isKnown: (flow) => flow === this.oldFlow,
    forgetFlow: () => {
      this.oldFlow = -1
    },
    after: (delayNs, run) => this.later.push({ atNs: this.clock.now + delayNs, run }),
    reset: (...reset) => this.resets.push(reset),
  }
  private readonly hooks = new HookTable()

  constructor(...services: ServiceConfig[]) {
    const trace = new Trace(this.clock)
    this.journal.listen(trace)
    this.balancer = new Balancer(
      { clock: this.clock, trace, addresses: new AddressBook(), place: 9 },
      this.machine,
      services,
      0,
    )
    this.balancer.attach(this.hooks)
  }

  /** Time passes, and what was to happen by then happens. */
  wait(seconds: number): void {
    const endNs = this.clock.now + seconds * S
    for (;;) {
      const due = this.later.filter(({ atNs }) => atNs <= endNs).sort((a, b) => a.atNs - b.atNs)[0]
      if (due === undefined) break
      this.later.splice(this.later.indexOf(due), 1)
      this.clock.now = due.atNs
      due.run()
    }
    this.clock.now = endNs
  }

  /** A packet to an address of the machine; sent on, it loses one of its TTL as in a real one. */
  request(octets: Uint8Array): Passed {
    const packet = packetOf(octets)
    const verdict = this.hooks.run(INPUT, packet)
    if (verdict === REROUTE) {
      ipv4.decrementTtl(packet.frame.view, packet.network)
      this.hooks.run(OUTPUT, packet)
    }
    return passed(verdict, packet)
  }

  /** A packet that the machine forwards. */
  reply(octets: Uint8Array): Passed {
    const packet = packetOf(octets)
    ipv4.decrementTtl(packet.frame.view, packet.network)
    return passed(this.hooks.run(FORWARD, packet), packet)
  }

  /** A packet of the machine's own. */
  own(octets: Uint8Array): Passed {
    const packet = packetOf(octets)
    return passed(this.hooks.run(OUTPUT, packet), packet)
  }

  events(kind: number): Entry[] {
    return this.journal.entries.filter((entry) => entry.kind === kind)
  }
}

function passed(verdict: Verdict, packet: Packet): Passed {
  const { reason, icmp, nextHop } = packet
  return { verdict, reason, icmp, nextHop, octets: octetsOf(packet) }
}
