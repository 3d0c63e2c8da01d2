import type { Plan } from '../../../topology/plan.ts'
import { formatMac } from '../../wire/address.ts'
import type { AddressBook } from '../../wire/address-book.ts'
import * as arp from '../../wire/arp.ts'
import * as icmp from '../../wire/icmp.ts'
import type { Details, EndPattern, HostPattern, PacketPattern } from '../sheet/types.ts'
import { hostTest, macOf, showHost } from './addresses.ts'
import { type Condition, kindOf, numeric, showFlags } from './condition.ts'
import { detailConditions } from './details.ts'
import { Reading } from './reading.ts'
import type { StreamStarts } from './streams.ts'

/** What a packet pattern is compiled with. */
export interface PatternContext {
  readonly plan: Plan
  readonly addresses: AddressBook
  readonly streams: StreamStarts
}

/** Conditions of a packet pattern, cheapest and most telling first. */
export function conditionsOf(pattern: PacketPattern, context: PatternContext): Condition[] {
  switch (pattern.kind) {
    case 'transport':
      return transportConditions(pattern, context)
    case 'icmp':
      return icmpConditions(pattern, context)
    case 'ip':
      return [
        ...host('source', pattern.from, (r) => r.src, context),
        ...host('destination', pattern.to, (r) => r.dst, context),
        ...common(pattern.details, context),
      ]
    case 'arp':
      return arpConditions(pattern, context)
  }
}

function common(details: Details, context: PatternContext): Condition[] {
  const isIp: Condition = {
    name: 'packet',
    expected: 'ip',
    holds: (r) => r.protocol >= 0,
    actual: kindOf,
  }
  return [isIp, ...detailConditions(details, context.streams)]
}

function transportConditions(
  pattern: Extract<PacketPattern, { kind: 'transport' }>,
  context: PatternContext,
): Condition[] {
  const { protocol, flags } = pattern
  const kind: Condition = {
    name: 'packet',
    expected: protocol === 'either' ? 'tcp or udp' : protocol,
    holds: (r) => (r.isTcp && protocol !== 'udp') || (r.isUdp && protocol !== 'tcp'),
    actual: kindOf,
  }
  return [
    kind,
    ...(flags === undefined ? [] : [numeric('flags', flags, (r) => r.flags, showFlags)]),
    ...end(
      'source',
      pattern.from,
      (r) => r.src,
      (r) => r.srcPort,
      context,
    ),
    ...end(
      'destination',
      pattern.to,
      (r) => r.dst,
      (r) => r.dstPort,
      context,
    ),
    ...detailConditions(pattern.details, context.streams),
  ]
}

function icmpConditions(
  pattern: Extract<PacketPattern, { kind: 'icmp' }>,
  context: PatternContext,
): Condition[] {
  const kind: Condition = {
    name: 'packet',
    expected: `icmp ${pattern.name}`,
    holds: (r) => {
      const type = r.isIpv6 ? pattern.type6 : pattern.type
      const code = r.isIpv6 ? pattern.code6 : pattern.code
      return type >= 0 && r.icmpType === type && (code < 0 || r.icmpCode === code)
    },
    actual: kindOf,
  }
  const list = [
    kind,
    ...host('source', pattern.from, (r) => r.src, context),
    ...host('destination', pattern.to, (r) => r.dst, context),
    ...detailConditions(pattern.details, context.streams),
  ]
  if (pattern.inner === undefined) return list
  const inner = new Reading(context.addresses)
  return [...list, ...conditionsOf(pattern.inner, context).map((each) => quoted(each, inner))]
}

/** A condition about the packet that an ICMP error quotes. */
function quoted(condition: Condition, inner: Reading): Condition {
  const enter = (outer: Reading): boolean => {
    if (!outer.quotes) return false
    inner.place = outer.place
    inner.readPacket(outer.view, outer.transport + icmp.HEADER_LEN, outer.end)
    return inner.protocol >= 0
  }
  return {
    name: `quoted ${condition.name}`,
    expected: condition.expected,
    holds: (r) => enter(r) && condition.holds(inner),
    actual: (r) => (enter(r) ? condition.actual(inner) : 'none'),
  }
}

function arpConditions(
  pattern: Extract<PacketPattern, { kind: 'arp' }>,
  context: PatternContext,
): Condition[] {
  const { operation } = pattern
  const at = (read: (view: DataView, at: number) => number) => (r: Reading) =>
    r.isArp ? read(r.view, r.network) : -1
  const sender = at(arp.senderIp)
  const target = at(arp.targetIp)
  const holds = (r: Reading): boolean => {
    if (operation === 'announce') return r.isArp && sender(r) === target(r)
    return at(arp.operation)(r) === (operation === 'is-at' ? arp.REPLY : arp.REQUEST)
  }
  const kind: Condition = { name: 'packet', expected: `arp ${operation}`, holds, actual: showArp }
  if (operation === 'who-has') {
    return [
      kind,
      ...host('asked address', pattern.address, target, context),
      ...host('asking address', pattern.tell, sender, context),
    ]
  }
  const mac = macOf(pattern.mac, context.plan)
  const senderMac = (r: Reading): number =>
    r.isArp ? arp.senderHi(r.view, r.network) * 0x1_0000_0000 + arp.senderLo(r.view, r.network) : -1
  return [
    kind,
    ...host('address', pattern.address, sender, context),
    ...(mac === undefined ? [] : [numeric('mac', mac, senderMac, formatMac)]),
  ]
}

function showArp(reading: Reading): string {
  if (!reading.isArp) return kindOf(reading)
  const { view, network } = reading
  if (arp.senderIp(view, network) === arp.targetIp(view, network)) return 'arp announce'
  return arp.operation(view, network) === arp.REPLY ? 'arp is-at' : 'arp who-has'
}

function end(
  name: string,
  pattern: EndPattern,
  address: (reading: Reading) => number,
  port: (reading: Reading) => number,
  context: PatternContext,
): Condition[] {
  const list = host(name, pattern.host, address, context)
  if (pattern.port !== undefined) list.push(numeric(`${name} port`, pattern.port, port))
  return list
}

function host(
  name: string,
  pattern: HostPattern,
  read: (reading: Reading) => number,
  context: PatternContext,
): Condition[] {
  const test = hostTest(pattern, context)
  if (test === undefined) return []
  return [
    {
      name,
      expected: showHost(pattern),
      holds: (r) => test(read(r)),
      actual: (r) => (read(r) < 0 ? 'none' : r.addresses.format(read(r))),
    },
  ]
}
