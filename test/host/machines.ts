import { AddressBook } from '../../sim/wire/address-book.ts'
import { Agenda } from '../../sim/engine/agenda.ts'
import { Chance } from '../../sim/engine/chance.ts'
import { Host } from '../../sim/host/host.ts'
import type { Interface } from '../../sim/host/interface.ts'
import { maskOf } from '../../sim/host/interface.ts'
import type { World } from '../../sim/host/world.ts'
import { Cabling, Port } from '../../sim/link/port.ts'
import { Switch } from '../../sim/link/switch.ts'
import {
  DROPPED,
  DROPS,
  type Entry,
  Journal,
  Places,
  RECEIVED,
  SENT,
  Trace,
} from '../../sim/trace/index.ts'
import * as arp from '../../sim/wire/arp.ts'
import * as icmp from '../../sim/wire/icmp.ts'
import * as ipv4 from '../../sim/wire/ipv4.ts'
import { FramePool } from '../../sim/wire/frame.ts'

const LANE = { delayNs: 1000, jitterNs: 0, rateBps: 1e9, queueFrames: 1000, mtu: 1500 }
export const SECOND = 1_000_000_000

/** `10.1.0.10` as an unsigned 32-bit number. */
export function ip(text: string): number {
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.')
}

/** A small network for tests of machines, with a journal of all that happens. */
export class Network {
  readonly agenda: Agenda = new Agenda()
  readonly world: World
  readonly cabling: Cabling
  readonly journal: Journal = new Journal()
  private readonly hosts: Host[] = []

  /** `midnightMs`: milliseconds from midnight to the beginning. */
  constructor(midnightMs = 0) {
    const trace = new Trace(this.agenda)
    const pool = new FramePool(1514)
    const places = new Places()
    this.world = {
      agenda: this.agenda,
      chance: new Chance(1),
      trace,
      pool,
      places,
      addresses: new AddressBook(),
      midnightMs,
    }
    this.cabling = new Cabling(this.agenda, trace, pool)
    this.journal.listen(trace)
  }

  host(name: string, sysctl: Record<string, number> = {}): Host {
    const host = new Host(this.world, { name, index: this.hosts.length, sysctl })
    this.hosts.push(host)
    return host
  }

  /** An interface `eth0`, `eth1` ... with addresses such as `10.1.0.10/24`. */
  iface(host: Host, ...addresses: string[]): Interface {
    const number = host.interfaces.length - 1
    const mac = 0x0200_0000_0000 + (host.index + 1) * 256 + number
    const iface = host.addInterface(`eth${number}`, false, mac, 1500)
    for (const text of addresses) {
      const [address, length] = text.split('/') as [string, string]
      const prefixLen = Number(length)
      iface.addresses.push({ address: ip(address), prefixLen, mask: maskOf(prefixLen) })
    }
    iface.port = new Port(this.cabling, iface.place, true, iface, LANE, undefined)
    return iface
  }

  cable(one: Interface, other: Interface): void {
    Port.join(one.port!, other.port!)
  }

  star(...members: Interface[]): void {
    const center = new Switch(this.cabling, -1, true)
    for (const member of members) {
      const inner = new Port(this.cabling, -1, false, center, LANE, undefined)
      center.ports.push(inner)
      Port.join(member.port!, inner)
    }
  }

  /** Makes all machines ready; each gateway is `[host, via]`. */
  start(...gateways: [Host, string][]): void {
    for (const host of this.hosts) host.ready()
    for (const [host, via] of gateways) {
      host.routes.add({
        prefix: 0,
        prefixLen: 0,
        via: ip(via),
        iface: host.interfaces[1]!,
        source: 0,
      })
    }
  }

  /** Runs for so many seconds more. */
  run(seconds: number): void {
    this.agenda.run(this.agenda.now + seconds * SECOND, 1_000_000)
  }

  /** Reasons of all drops so far, in order. */
  drops(): string[] {
    return this.journal.entries
      .filter((entry) => entry.kind === DROPPED)
      .map((entry) => DROPS[entry.code]!)
  }

  /** What left (`out`) and reached (`in`) an interface, a line each: time in ms and the packet. */
  seen(iface: Interface, direction: 'in' | 'out' | 'both' = 'both'): string[] {
    return this.journal.entries
      .filter((entry) => entry.place === iface.place)
      .filter((entry) => {
        if (entry.kind === SENT) return direction !== 'in'
        return entry.kind === RECEIVED && direction !== 'out'
      })
      .map((entry) => `${entry.kind === SENT ? '>' : '<'} ${describe(entry)}`)
  }
}

function describe(entry: Entry): string {
  const octets = entry.octets!
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  if (view.getUint16(12) === 0x0806) {
    const sender = dotted(arp.senderIp(view, 14))
    if (arp.operation(view, 14) === arp.REPLY) return `arp ${sender} is-at`
    const cast = view.getUint8(0) === 0xff ? 'broadcast' : 'unicast'
    return `arp who-has ${dotted(arp.targetIp(view, 14))} tell ${sender} ${cast}`
  }
  const ends = `${dotted(ipv4.src(view, 14))} > ${dotted(ipv4.dst(view, 14))}`
  const ttl = `ttl ${ipv4.ttl(view, 14)}`
  const fragment = ipv4.fragment(view, 14) & 0x3fff
  const part =
    fragment === 0 ? '' : ` fragment ${(fragment & 0x1fff) * 8}${fragment & 0x2000 ? '+' : ''}`
  if (ipv4.protocol(view, 14) === ipv4.ICMP && (fragment & 0x1fff) === 0) {
    return `icmp ${icmp.type(view, 34)}/${icmp.code(view, 34)} ${ends} ${ttl}${part}`
  }
  return `ip ${ipv4.protocol(view, 14)} ${ends} ${ttl}${part}`
}
