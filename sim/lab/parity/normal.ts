/**
 * Frames brought into the form in which they are compared: a list of fields, each with the way it
 * is compared. What chance drew (initial sequence numbers, IP ids, time stamps, MACs, free ports)
 * is told apart here; everything else is a plain value.
 */
import {
  dissect,
  type Dissection,
  fieldIn,
  type Layer,
  layerOf,
  type Value,
} from '../../judge/index.ts'
import { Flows, type TcpNumbers } from './flows.ts'
import { lineOf } from './line.ts'
import type { ParityFrame, ParityOptions } from './types.ts'

/**
 * `value`: equal. `mac`, `port`, `isn`, `ident`, `label`: equal stays equal and different stays
 * different.
 * `ip-id`: equal stays equal (16 bits meet by accident). `echo`: a time stamp echoed; the frames it
 * may come from must overlap.
 */
export type Kind = 'value' | 'mac' | 'port' | 'isn' | 'ident' | 'label' | 'ip-id' | 'echo'

export interface NormalField {
  readonly name: string
  readonly kind: Kind
  readonly value: number | string
}

export interface NormalFrame {
  /** In its file, from 1. */
  readonly number: number
  readonly timeNs: number
  /** Leaves the machine whose interface this is. */
  readonly out: boolean
  readonly fields: readonly NormalField[]
  readonly d: Dissection
  /** Of a TCP segment. */
  readonly tcp: TcpNumbers | undefined
  readonly line: string
}

const BROADCAST = 0xffffffffffff

/** Fields of each protocol that are compared by value. */
const BY_VALUE: Readonly<Record<string, readonly string[]>> = {
  eth: ['eth.type'],
  arp: ['arp.hw.type', 'arp.proto.type', 'arp.opcode', 'arp.src.proto_ipv4', 'arp.dst.proto_ipv4'],
  ip: [
    ...['ip.src', 'ip.dst', 'ip.proto', 'ip.len', 'ip.hdr_len', 'ip.dsfield', 'ip.flags'],
    ...['ip.frag_offset', 'ip.ttl', 'ip.checksum.status'],
  ],
  ipv6: [
    ...['ipv6.src', 'ipv6.dst', 'ipv6.nxt', 'ipv6.plen', 'ipv6.tclass', 'ipv6.hlim'],
    ...['ipv6.fraghdr.nxt', 'ipv6.fraghdr.offset', 'ipv6.fraghdr.more'],
  ],
  udp: ['udp.length', 'udp.checksum.status'],
  tcp: [
    ...['tcp.flags', 'tcp.window_size_value', 'tcp.urgent_pointer', 'tcp.hdr_len', 'tcp.len'],
    ...['tcp.options.mss_val', 'tcp.options.wscale.shift', 'tcp.checksum.status'],
  ],
  icmp: ['icmp.type', 'icmp.code', 'icmp.seq', 'icmp.mtu', 'icmp.redir_gw', 'icmp.checksum.status'],
  icmpv6: [
    ...['icmpv6.type', 'icmpv6.code', 'icmpv6.mtu', 'icmpv6.echo.sequence_number'],
    ...['icmpv6.checksum.status', 'icmpv6.nd.ns.target_address', 'icmpv6.nd.na.target_address'],
    ...['icmpv6.nd.na.flag', 'icmpv6.opt.type', 'icmpv6.pointer'],
    ...['icmpv6.nd.rd.target_address', 'icmpv6.rd.na.destination_address'],
  ],
}

/** Brings the frames of one file into comparable form. */
export function normalise(frames: readonly ParityFrame[], options: ParityOptions): NormalFrame[] {
  const dissections = frames.map((frame) => dissect(frame.bytes, 0, frame.bytes.length))
  const own = ownMac(dissections)
  const flows = new Flows(dissections)
  return frames.map((frame, i) => {
    const d = dissections[i]!
    const fields: NormalField[] = []
    const tcp = flows.numbers(d)
    // Some who speak ARP pad their frames as a wire would; that says nothing about ARP.
    if (!d.layers.some(({ name }) => name === 'arp')) {
      push(fields, 'frame.len', 'value', d.end - d.start)
    }
    for (const layer of d.layers) layerFields(fields, layer, '')
    identFields(fields, d, flows)
    if (tcp !== undefined) tcpFields(fields, tcp)
    payloadFields(fields, d, options)
    push(fields, 'problems', 'value', d.problems.join(' '))
    const out = macOf(d, 'eth.src') === own
    return { number: i + 1, timeNs: frame.timeNs, out, fields, d, tcp, line: lineOf(d, tcp) }
  })
}

/** The MAC that all unicast frames have on one of their ends: that of the interface. */
function ownMac(dissections: readonly Dissection[]): number | undefined {
  let candidates: number[] | undefined
  for (const d of dissections) {
    const src = macOf(d, 'eth.src')
    const dst = macOf(d, 'eth.dst')
    if (src === undefined || dst === undefined || isGroup(dst)) continue
    if (candidates === undefined) candidates = [src, dst]
    else {
      const left: number[] = candidates.filter((each) => each === src || each === dst)
      if (left.length > 0) candidates = left
    }
  }
  const first = dissections[0]
  const opener = first === undefined ? undefined : macOf(first, 'eth.src')
  if (candidates === undefined) return opener
  return opener !== undefined && candidates.includes(opener) ? opener : candidates[0]
}

function macOf(d: Dissection, name: string): number | undefined {
  const eth = layerOf(d, 'eth')
  return eth === undefined ? undefined : (fieldIn(eth, name)?.value as number | undefined)
}

/** Six octets as the number that other MACs are. */
function macNumber(value: Value): number {
  return value instanceof Uint8Array ? Number.parseInt(hex(value), 16) : Number(value)
}

function isGroup(mac: number): boolean {
  return Math.floor(mac / 0x10000000000) % 2 === 1
}

function push(fields: NormalField[], name: string, kind: Kind, value: Value): void {
  const kept = value instanceof Uint8Array ? hex(value) : value
  fields.push({ name, kind, value: kept })
}

function hex(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += octet.toString(16).padStart(2, '0')
  return text
}

/** `prefix`: `quoted ` inside an ICMP error. */
function layerFields(fields: NormalField[], layer: Layer, prefix: string): void {
  push(fields, `${prefix}protocol`, 'value', layer.name)
  const wanted = BY_VALUE[layer.name] ?? []
  for (const field of layer.fields) {
    const name = prefix + field.name
    if (wanted.includes(field.name)) push(fields, name, 'value', field.value)
    else if (/^(eth\.(src|dst)|arp\.(src|dst)\.hw_mac)$/.test(field.name)) {
      const plain = field.value === BROADCAST || field.value === 0
      push(fields, name, plain ? 'value' : 'mac', field.value)
    } else if (/^(tcp|udp)\.(src|dst)port$/.test(field.name)) {
      push(fields, name, 'port', field.value)
    } else if (field.name === 'icmp.ident' || field.name === 'icmpv6.echo.identifier') {
      push(fields, name, 'ident', field.value)
    } else if (field.name === 'dns.id' && prefix === '') push(fields, name, 'ident', field.value)
    else if (field.name === 'ipv6.fraghdr.ident') push(fields, name, 'ident', field.value)
    else if (field.name === 'ipv6.flow') {
      push(fields, name, field.value === 0 ? 'value' : 'label', field.value)
    } else if (field.name === 'icmpv6.opt.linkaddr')
      push(fields, name, 'mac', macNumber(field.value))
  }
  if (layer.name === 'tcp') {
    const kinds = layer.fields.filter((field) => field.name === 'tcp.option_kind')
    push(fields, `${prefix}tcp.options`, 'value', kinds.map((field) => field.value).join(','))
  }
  for (const quoted of layer.quoted) layerFields(fields, quoted, 'quoted ')
}

/** IP ids: of a TCP socket counted from its first, others by which frames share one. */
function identFields(fields: NormalField[], d: Dissection, flows: Flows): void {
  const ip = layerOf(d, 'ip')
  if (ip === undefined) return
  const id = fieldIn(ip, 'ip.id')!.value as number
  const counted = flows.ident(d, id)
  if (id === 0 && counted === undefined) push(fields, 'ip.id', 'value', 'zero')
  else if (counted === undefined || counted.first) push(fields, 'ip.id', 'ip-id', id)
  else push(fields, 'ip.id', 'value', `+${counted.offset}`)
  const quoted = layerOf(d, 'icmp')?.quoted.find((layer) => layer.name === 'ip')
  if (quoted === undefined) return
  const inner = fieldIn(quoted, 'ip.id')!.value === 0 ? 'zero' : 'not zero'
  push(fields, 'quoted ip.id', 'value', inner)
}

function tcpFields(fields: NormalField[], tcp: TcpNumbers): void {
  if (tcp.isn !== undefined) push(fields, 'tcp.seq (initial)', 'isn', tcp.isn)
  push(fields, 'tcp.seq', 'value', tcp.seq)
  push(fields, 'tcp.ack', 'value', tcp.ack)
  push(fields, 'tcp.options.sack', 'value', tcp.sack)
  if (tcp.echo === undefined) return
  const { lowest, highest } = tcp.echo
  push(fields, 'tcp.options.timestamp.tsecr', 'echo', `${lowest} ${highest}`)
}

function payloadFields(fields: NormalField[], d: Dissection, options: ParityOptions): void {
  const mode = options.payload ?? 'octets'
  if (mode === 'length') return
  const last = d.layers[d.layers.length - 1]
  if (last === undefined || !['http', 'data', 'dns'].includes(last.name)) return
  if (mode === 'head' && last.name !== 'http') return
  const body = mode === 'head' ? fieldIn(last, 'http.file_data') : undefined
  const skip = last.name === 'dns' ? 2 : 0
  const octets = d.bytes.subarray(last.start + skip, body?.start ?? last.end)
  push(fields, 'payload', 'value', hex(octets))
}
