import { AddressBook } from '../../sim/wire/address-book.ts'
import {
  ACCEPT,
  DROP,
  HookTable,
  INPUT,
  OUTPUT,
  POSTROUTING,
  PREROUTING,
  type Verdict,
} from '../../sim/hook/hook.ts'
import { Conntrack, type ConntrackSettings } from '../../sim/nat/conntrack.ts'
import { type DestinationRule, Rules, type SourceRule } from '../../sim/nat/rules.ts'
import { DROPS, Journal, Trace } from '../../sim/trace/index.ts'
import { REPORTS } from '../../sim/wire/frame.ts'
import * as ipv4 from '../../sim/wire/ipv4.ts'
import { ip, octetsOf, packetOf } from './packets.ts'

export const S = 1_000_000_000
export const VIP = '199.237.202.124'
export const CLIENT = '207.17.117.20'
export const RS1 = '172.16.20.1'
export const RS2 = '172.16.20.2'

export const prefix = (text: string, length = 32) => ({
  address: { family: 4 as const, v4: ip(text) },
  length,
})
export const target = (text: string, port = 0, lastPort = port) => ({
  address: ip(text),
  port,
  lastPort,
})
export const turn = { kind: 'turn' } as const
export const dnat = (...targets: DestinationRule['targets']): DestinationRule => {
  return { number: 0, from: {}, to: { prefix: prefix(VIP) }, targets, choice: turn }
}
export const snat = (address: string, firstPort = 0, lastPort = firstPort): SourceRule => {
  const range = { addresses: [ip(address)], firstPort, lastPort }
  return { number: 1, from: {}, to: {}, onlyTranslated: false, range }
}

export const SETTINGS: ConntrackSettings = {
  loose: true,
  liberal: false,
  takesOldResets: false,
  tcpRepetitions: 3,
  tcpRepeatedNs: 300 * S,
  tcpNs: [60, 120, 60, 432_000, 120, 60, 30, 120, 10, 120].map((seconds) => seconds * S),
  tcpUnacknowledgedNs: 300 * S,
  udpNs: 30 * S,
  udpStreamNs: 120 * S,
  icmpNs: 30 * S,
  genericNs: 600 * S,
  max: 262_144,
  buckets: 262_144,
  tracksServices: false,
  firstRule: 100,
  ruleCount: 7,
}

/** Connection tracking on hooks without a machine. */
export class Stand {
  readonly clock: { now: number } = { now: 0 }
  readonly journal: Journal = new Journal()
  readonly addresses: AddressBook = new AddressBook()
  readonly track: Conntrack
  /** Where searches for a port begin, in turn; then 0. */
  readonly draws: number[] = []
  private readonly hooks = new HookTable()
  private last = 0
  reason = ''

  constructor(
    destinations: readonly DestinationRule[],
    sources: readonly SourceRule[] = [],
    settings: Partial<ConntrackSettings> = {},
  ) {
    const trace = new Trace(this.clock)
    this.journal.listen(trace)
    const { clock, addresses } = this
    this.track = new Conntrack(
      { clock, trace, addresses, place: 9 },
      { ownAddress: () => ip('199.237.202.2'), random16: () => this.draws.shift() ?? 0 },
      new Rules(addresses, destinations, sources),
      { ...SETTINGS, ...settings },
    )
    this.track.attach(this.hooks)
  }

  /** A packet that is forwarded; `lost`: the machine has no way on for it. */
  forward(octets: Uint8Array, lost = false, inPlace = 1): Uint8Array {
    return this.pass(octets, lost ? [PREROUTING] : [PREROUTING, POSTROUTING], inPlace, true)
  }

  /** A packet to the machine, and one of its own. */
  deliver(octets: Uint8Array): Uint8Array {
    return this.pass(octets, [PREROUTING, INPUT], 1, false)
  }

  own(octets: Uint8Array): Uint8Array {
    return this.pass(octets, [OUTPUT, POSTROUTING], -1, false)
  }

  /** An ICMP error of the machine's own about the packet that it saw last. */
  report(octets: Uint8Array): Uint8Array {
    return this.pass(octets, [OUTPUT, POSTROUTING], -1, false, this.last)
  }

  private pass(
    octets: Uint8Array,
    hooks: number[],
    inPlace: number,
    lower: boolean,
    about = 0,
  ): Uint8Array {
    const packet = packetOf(octets)
    packet.inPlace = inPlace
    if (about !== 0) Object.assign(packet.frame, { cause: about, relation: REPORTS })
    this.last = packet.frame.id
    let verdict: Verdict = ACCEPT
    for (const hook of hooks) {
      verdict = this.hooks.run(hook, packet)
      if (verdict !== ACCEPT) break
      if (lower && hook === PREROUTING) ipv4.decrementTtl(packet.frame.view, packet.network)
    }
    this.reason = verdict === DROP ? DROPS[packet.reason]! : ''
    return octetsOf(packet)
  }
}

/** `172.16.20.1:80`, of the octets of an IP packet. */
export function destination(octets: Uint8Array): string {
  return `${octets.slice(16, 20).join('.')}:${octets[22]! * 256 + octets[23]!}`
}

export function source(octets: Uint8Array): string {
  return `${octets.slice(12, 16).join('.')}:${octets[20]! * 256 + octets[21]!}`
}
