import type { Host } from '../../host/host.ts'
import { Conntrack, type ConntrackHost, type ConntrackSettings } from '../../nat/conntrack.ts'
import { type DestinationRule, type Match, Rules, type SourceRule } from '../../nat/rules.ts'
import type { TrackRow } from '../../nat/conntrack.ts'
import type { AddressBook } from '../../wire/address-book.ts'
import { isIpv6 } from '../../wire/address-book.ts'
import type { Decision } from '../expect/decisions.ts'
import type { Row } from '../expect/table.ts'
import type { NatMatchSheet, NatRuleSheet, NatTargetSheet, Sheet } from '../sheet/types.ts'
import { conntrackRow } from './conntrack-row.ts'
import type { Network } from './machines.ts'

const NS_PER_S = 1_000_000_000

/** States of TCP in the order of TRACK_STATES, as their timeouts are named. */
const TCP_TIMEOUTS = [
  'syn_recv',
  'syn_sent',
  'syn_recv',
  'established',
  'fin_wait',
  'close_wait',
  'last_ack',
  'time_wait',
  'close',
  'syn_sent',
] as const

const WITHOUT_RULE = 'nat: another flow has this source already'

/**
 * Connection tracking of the machines that rules of `nat` name. In DECIDED events a rule's number
 * stands behind those of the services.
 */
export class Translators {
  /** Sentences for the rule numbers of TRANSLATED events, from `firstRule` on. */
  readonly rules: readonly string[]
  private readonly sheet: Sheet
  private readonly network: Network
  private readonly byNode = new Map<number, Conntrack>()

  constructor(sheet: Sheet, network: Network, firstRule: number) {
    this.sheet = sheet
    this.network = network
    const rules: string[] = []
    for (const node of new Set(sheet.nat.map((rule) => rule.node))) {
      const first = firstRule + rules.length
      this.start(node, first)
      rules.push(...this.rulesOf(node).map(({ rule }) => rule.text), WITHOUT_RULE)
      network.atBoot.push((booted) => {
        if (booted === node) this.start(node, first)
      })
    }
    this.rules = rules
  }

  /** What a DECIDED event of a rule says; undefined for one of a service. */
  readonly decision = (_place: number, service: number, server: number): Decision | undefined => {
    const action = this.sheet.nat[service - this.sheet.services.length]?.action
    const node = action?.kind === 'dnat' ? action.targets[server]?.node : undefined
    return node === undefined ? undefined : { service, node }
  }

  /** Flows that a machine tracks, with the columns of `conntrack -L`. */
  rows(node: number): Row[] {
    const { agenda, addresses } = this.network.world
    const rows: readonly TrackRow[] = this.byNode.get(node)?.rows() ?? []
    return rows.map((row) => conntrackRow(row, agenda.now, addresses))
  }

  /** Forgets all flows of a machine. */
  flush(node: number): void {
    this.byNode.get(node)?.flush()
  }

  /** The rules of a machine, with their places in the sheet. */
  private rulesOf(node: number): { rule: NatRuleSheet; index: number }[] {
    return this.sheet.nat
      .map((rule, index) => ({ rule, index }))
      .filter(({ rule }) => rule.node === node)
  }

  private start(node: number, firstRule: number): void {
    const { network } = this
    const host = network.hosts[node]!
    const { addresses } = network.world
    const destinations: DestinationRule[] = []
    const sources: SourceRule[] = []
    const rules = this.rulesOf(node)
    for (const [number, { rule, index }] of rules.entries()) {
      const decides = this.sheet.services.length + index
      const destination = destinationRule(rule, number, decides, host, addresses)
      const source = sourceRule(rule, number, host, addresses)
      if (destination !== undefined) destinations.push(destination)
      if (source !== undefined) sources.push(source)
    }
    const settings = (): ConntrackSettings => settingsOf(host, firstRule, rules.length)
    const conntrack = new Conntrack(
      host,
      machineOf(host, network),
      new Rules(addresses, destinations, sources),
      settings(),
    )
    host.atConfigure.push(() => conntrack.configure(settings()))
    // A later fragment carries no ports: tracking needs whole packets.
    host.ipv4.defragments = true
    host.ipv6.defragments = true
    host.ipv6.defragments = true
    conntrack.attach(host.hooks)
    network.trackers.set(node, conntrack)
    this.byNode.set(node, conntrack)
  }
}

function destinationRule(
  rule: NatRuleSheet,
  number: number,
  decides: number,
  host: Host,
  addresses: AddressBook,
): DestinationRule | undefined {
  const { action } = rule
  const place = rule.in === undefined ? {} : { inPlace: host.interfaces[rule.in]!.place }
  const target = ({ address, port, lastPort }: NatTargetSheet) => {
    return { address: addresses.number(address), port, lastPort }
  }
  if (action.kind === 'dnat') {
    return {
      number,
      decides,
      startsNs: rule.startsNs,
      ...place,
      from: matchOf(rule.from),
      to: matchOf(rule.to),
      targets: action.targets.map(target),
      choice: action.seed === undefined ? { kind: 'turn' } : { kind: 'hash', seed: action.seed },
    }
  }
  if (action.kind !== 'one-to-one') return undefined
  const length = action.outside.family === 4 ? 32 : 128
  return {
    number,
    startsNs: rule.startsNs,
    ...place,
    // What the machine inside asks for, others outside may ask it from.
    from: matchOf(rule.to),
    to: { prefix: { address: action.outside, length } },
    targets: [target(action.inside)],
    choice: { kind: 'turn' },
  }
}

function sourceRule(
  rule: NatRuleSheet,
  number: number,
  host: Host,
  addresses: AddressBook,
): SourceRule | undefined {
  const { action } = rule
  if (action.kind === 'dnat') return undefined
  const place = rule.out === undefined ? {} : { outPlace: host.interfaces[rule.out]!.place }
  const from = matchOf(rule.from)
  const { startsNs, onlyTranslated } = rule
  const base = { number, startsNs, ...place, from, to: matchOf(rule.to), onlyTranslated }
  if (action.kind === 'masquerade') return { ...base, range: undefined }
  const address = action.kind === 'snat' ? action.address : action.outside
  const { firstPort, lastPort } = action.kind === 'snat' ? action : { firstPort: 0, lastPort: 0 }
  return { ...base, range: { addresses: [addresses.number(address)], firstPort, lastPort } }
}

function matchOf({ prefix, port, lastPort, protocol }: NatMatchSheet): Match {
  return {
    ...(prefix && { prefix }),
    ...(port !== undefined && lastPort !== undefined && { port, lastPort }),
    ...(protocol && { protocol }),
  }
}

function machineOf(host: Host, { world }: Network): ConntrackHost {
  const chance = world.chance.stream(`${host.name} nat`)
  return {
    ownAddress(outPlace, dst) {
      if (isIpv6(dst)) return host.ip.sourceFor(dst)
      const iface = host.interfaces.find(({ place }) => place === outPlace)
      const nextHop = host.routes.find(dst)?.nextHop ?? dst
      return iface?.addressTowards(nextHop)?.address ?? host.ip.sourceFor(dst)
    },
    random16: () => chance.below(0x1_0000),
  }
}

function settingsOf({ sysctl }: Host, firstRule: number, ruleCount: number): ConntrackSettings {
  const number = (name: string): number => sysctl.number(`net.netfilter.nf_conntrack_${name}`)
  const ns = (name: string): number => number(name) * NS_PER_S
  return {
    loose: number('tcp_loose') !== 0,
    liberal: number('tcp_be_liberal') !== 0,
    takesOldResets: number('tcp_ignore_invalid_rst') !== 0,
    tcpRepetitions: number('tcp_max_retrans'),
    tcpRepeatedNs: ns('tcp_timeout_max_retrans'),
    tcpNs: TCP_TIMEOUTS.map((state) => ns(`tcp_timeout_${state}`)),
    tcpUnacknowledgedNs: ns('tcp_timeout_unacknowledged'),
    udpNs: ns('udp_timeout'),
    udpStreamNs: ns('udp_timeout_stream'),
    icmpNs: ns('icmp_timeout'),
    genericNs: ns('generic_timeout'),
    max: number('max'),
    buckets: number('buckets'),
    tracksServices: sysctl.number('net.ipv4.vs.conntrack') !== 0,
    firstRule,
    ruleCount,
  }
}
