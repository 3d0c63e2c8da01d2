import { type Dissection, fieldIn, type Layer, layerOf } from '../../judge/index.ts'
import { address, type TcpNumbers } from './flows.ts'

/** One line about a frame for the message about a difference. */
export function lineOf(d: Dissection, tcp: TcpNumbers | undefined): string {
  const arp = layerOf(d, 'arp')
  if (arp !== undefined) return arpLine(arp)
  const ip = layerOf(d, 'ip')
  const ip6 = layerOf(d, 'ipv6')
  const tail =
    ip === undefined
      ? ip6 === undefined
        ? ''
        : ` ttl ${show(ip6, 'ipv6.hlim')}`
      : ` ttl ${show(ip, 'ip.ttl')} id ${show(ip, 'ip.id')}`
  if (tcp !== undefined) {
    const ends = tcp.flow.replace('>', ' > ')
    const numbers = `seq ${tcp.seq} ack ${tcp.ack} win ${tcp.win} len ${tcp.len}`
    return `${tcp.flags} ${ends} ${numbers} options ${tcp.options}${tail}`
  }
  const outer = ip ?? ip6
  if (outer === undefined) return `${d.end - d.start} octets`
  const last = d.layers.map((layer) => layer.name).filter((name) => name !== 'data')
  const udp = layerOf(d, 'udp')
  const port = (name: string): string => (udp === undefined ? '' : `:${show(udp, name)}`)
  const from = address(outer, 'src') + port('udp.srcport')
  const to = address(outer, 'dst') + port('udp.dstport')
  const icmp = layerOf(d, 'icmp')
  const type = icmp === undefined ? '' : ` ${show(icmp, 'icmp.type')}/${show(icmp, 'icmp.code')}`
  return `${last[last.length - 1] ?? ''}${type} ${from} > ${to} ${d.end - d.start} octets${tail}`
}

function arpLine(arp: Layer): string {
  const text = (name: string): string => {
    const value = fieldIn(arp, name)!.value as number
    return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')
  }
  const sender = text('arp.src.proto_ipv4')
  if (fieldIn(arp, 'arp.opcode')!.value === 1) {
    return `arp who-has ${text('arp.dst.proto_ipv4')} tell ${sender}`
  }
  return `arp ${sender} is-at ${macText(fieldIn(arp, 'arp.src.hw_mac')!.value as number)}`
}

/** `02:00:00:00:01:00` of a 48-bit number. */
function macText(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/(..)(?=.)/g, '$1:')
}

function show(layer: Layer, name: string): string {
  return String(fieldIn(layer, name)?.value ?? '?')
}
