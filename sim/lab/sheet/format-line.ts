import { formatAddress, formatMac } from '../../wire/address.ts'
import type { LineResult } from './packet-line.ts'
import type {
  Details,
  EndPattern,
  HostPattern,
  MacPattern,
  OptionPattern,
  PacketPattern,
} from './packet-pattern.ts'

type Line = Exclude<LineResult, { readonly problem: string }>

/** A packet line as it is written, with single blanks; parsing it gives the same pattern again. */
export function formatPacketLine({ place, direction, packet }: Line): string {
  const where = place.iface === undefined ? place.node : `${place.node}.${place.iface}`
  return `${where} ${direction} ${formatPacket(packet)}`
}

const FLAG_LETTERS: readonly (readonly [string, number])[] = [
  ['S', 2],
  ['F', 1],
  ['R', 4],
  ['P', 8],
  ['U', 32],
  ['E', 64],
  ['W', 128],
  ['.', 16],
]

function formatPacket(packet: PacketPattern): string {
  if (packet.kind === 'arp') return formatArp(packet)
  if (packet.kind === 'ip') {
    const ends = `${formatHost(packet.from)} > ${formatHost(packet.to)}`
    return ['ip', ends, ...formatDetails(packet.details)].join(' ')
  }
  const words: string[] = []
  if (packet.kind === 'icmp') {
    words.push('icmp', packet.name, formatHost(packet.from), '>', formatHost(packet.to))
  } else {
    if (packet.flags !== undefined) words.push(formatFlags(packet.flags))
    else if (packet.protocol !== 'either') words.push(packet.protocol)
    words.push(formatEnd(packet.from), '>', formatEnd(packet.to))
  }
  words.push(...formatDetails(packet.details))
  if (packet.inner !== undefined) words.push(`{${formatPacket(packet.inner)}}`)
  return words.join(' ')
}

function formatFlags(bits: number): string {
  return FLAG_LETTERS.map(([letter, bit]) => ((bits & bit) === 0 ? '' : letter)).join('')
}

function formatArp(packet: Extract<PacketPattern, { kind: 'arp' }>): string {
  const address = formatHost(packet.address)
  if (packet.operation === 'who-has')
    return `arp who-has ${address} tell ${formatHost(packet.tell)}`
  if (packet.operation === 'announce') return `arp announce ${address}`
  return `arp ${address} is-at ${formatMacPattern(packet.mac)}`
}

function formatMacPattern(mac: MacPattern): string {
  if (mac.kind === 'any') return '*'
  return mac.kind === 'mac' ? formatMac(mac.mac) : mac.reference
}

function formatHost(host: HostPattern): string {
  switch (host.kind) {
    case 'any':
      return '*'
    case 'address':
      return formatAddress(host.address)
    case 'prefix':
      return `${formatAddress(host.address)}/${host.length}`
    case 'node':
      return host.node
    case 'reference':
      return host.reference
  }
}

function formatEnd({ host, port }: EndPattern): string {
  const text = formatHost(host)
  return `${text.includes(':') ? `[${text}]` : text}:${port ?? '*'}`
}

function formatDetails(details: Details): string[] {
  const words: string[] = []
  if (details.seq !== undefined) {
    const end = details.seqEnd === undefined ? '' : `:${details.seqEnd}`
    words.push(`seq ${details.seq}${end}`)
  }
  for (const name of ['ack', 'win', 'len', 'ttl', 'id', 'tos'] as const) {
    if (details[name] !== undefined) words.push(`${name} ${details[name]}`)
  }
  if (details.df === true) words.push('DF')
  if (details.options !== undefined) {
    words.push(`<${details.options.map(formatOption).join(', ')}>`)
  }
  return words
}

function formatOption(option: OptionPattern): string {
  switch (option.kind) {
    case 'rest':
      return '*'
    case 'ts':
      return `ts ${option.value ?? '*'}/${option.echo ?? '*'}`
    case 'sack':
      return `sack ${option.from}:${option.to}`
    case 'mss':
    case 'wscale':
      return `${option.kind} ${option.value}`
    default:
      return option.kind
  }
}
