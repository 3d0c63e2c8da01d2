/**
 * What may hold of a capture although the kernel does not repeat it frame by frame. Each projection
 * maps a file to lists of texts by flow, which are then compared one by one.
 */
import { fieldIn, layerOf } from '../../judge/index.ts'
import { address, type TcpNumbers } from './flows.ts'
import type { NormalFrame } from './normal.ts'

export type Projection = ReadonlyMap<string, readonly string[]>

class Collector {
  readonly lists = new Map<string, string[]>()

  add(key: string, text: string): void {
    const list = this.lists.get(key)
    if (list === undefined) this.lists.set(key, [text])
    else list.push(text)
  }

  /** Keeps one text only. */
  put(key: string, text: string): void {
    this.lists.set(key, [text])
  }
}

type Segment = NormalFrame & { readonly tcp: TcpNumbers }

/** Round trips shorter than this show no flights. */
const SHORTEST_RTT_NS = 8_000_000

/** The projection that `item` of a `stable.json` names; undefined for an unknown one. */
export function project(item: string, frames: readonly NormalFrame[]): Projection | undefined {
  const segments = frames.filter((frame): frame is Segment => frame.tcp !== undefined)
  const make = BY_ITEM[item]
  return make?.(segments, frames)
}

/** One flow at one point: a frame forwarded out of the interface it came by counts twice. */
function keyOf(frame: Segment): string {
  return `${frame.tcp.flow} ${frame.out ? 'out' : 'in'}`
}

type Maker = (segments: readonly Segment[], frames: readonly NormalFrame[]) => Projection

/** For each segment something to say, or undefined. */
function each(say: (tcp: TcpNumbers) => string | undefined): Maker {
  return (segments) => {
    const made = new Collector()
    for (const frame of segments) {
      const text = say(frame.tcp)
      if (text !== undefined) made.add(keyOf(frame), text)
    }
    return made.lists
  }
}

const rangeOf = (tcp: TcpNumbers): string => `${tcp.seq}:${tcp.seq + tcp.len}`

const BY_ITEM: Readonly<Record<string, Maker>> = {
  'data segments': (segments) => dataSegments(segments).first,
  retransmitted: (segments) => dataSegments(segments).again,
  flights: (segments) => flights(segments),
  'SYN FIN RST': each((tcp) => (/[SFR]/.test(tcp.flags) ? tcp.flags : undefined)),
  'SYN options': each((tcp) =>
    tcp.flags.includes('S')
      ? `options ${tcp.options} mss ${tcp.mss ?? '-'} wscale ${tcp.wscale ?? '-'}`
      : undefined,
  ),
  'SACK blocks': (segments) => changes(segments, (tcp) => tcp.sack),
  'first window': (segments) => {
    const made = new Collector()
    for (const frame of segments) {
      if (!made.lists.has(keyOf(frame))) made.put(keyOf(frame), String(frame.tcp.win))
    }
    return made.lists
  },
  'last window': (segments) => {
    const made = new Collector()
    for (const frame of segments) made.put(keyOf(frame), String(frame.tcp.win))
    return made.lists
  },
  'payload bytes': (segments) => {
    const most = new Map<string, number>()
    for (const frame of segments) {
      if (frame.tcp.len === 0) continue
      const known = most.get(keyOf(frame)) ?? 0
      most.set(keyOf(frame), Math.max(known, frame.tcp.seq + frame.tcp.len))
    }
    return new Map([...most].map(([key, octets]) => [key, [String(octets)]]))
  },
  UDP: (_segments, frames) => datagrams(frames),
  ICMP: (_segments, frames) => byLayer(frames, 'icmp'),
  ARP: (_segments, frames) => byLayer(frames, 'arp'),
}

/** Data by (sequence, length): each the first time it is sent, and what was sent again. */
function dataSegments(segments: readonly Segment[]): { first: Projection; again: Projection } {
  const seen = new Set<string>()
  const first = new Collector()
  const again = new Map<string, Set<string>>()
  for (const frame of segments) {
    if (frame.tcp.len === 0) continue
    const key = keyOf(frame)
    const range = rangeOf(frame.tcp)
    if (!seen.has(`${key} ${range}`)) {
      seen.add(`${key} ${range}`)
      first.add(key, range)
    } else again.set(key, (again.get(key) ?? new Set()).add(range))
  }
  const sorted = [...again].map(([key, ranges]): [string, string[]] => [
    key,
    [...ranges].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1)),
  ])
  return { first: first.lists, again: new Map(sorted) }
}

/** Sizes of the first three flights; a flight ends with a gap of a third of the round trip. */
function flights(segments: readonly Segment[]): Projection {
  const rttNs = roundTrip(segments)
  if (rttNs <= SHORTEST_RTT_NS) return new Map()
  const seen = new Set<string>()
  const sizes = new Map<string, number[]>()
  const last = new Map<string, number>()
  for (const frame of segments) {
    const key = keyOf(frame)
    const once = `${key} ${rangeOf(frame.tcp)}`
    if (frame.tcp.len === 0 || seen.has(once)) continue
    seen.add(once)
    const list = sizes.get(key) ?? []
    const gap = frame.timeNs - (last.get(key) ?? -rttNs) > rttNs / 3
    if (gap || list.length === 0) list.push(1)
    else list[list.length - 1]!++
    sizes.set(key, list)
    last.set(key, frame.timeNs)
  }
  return new Map([...sizes].map(([key, list]) => [key, list.slice(0, 3).map(String)]))
}

/** Longest time from a SYN to the first ACK of its own direction that is no SYN. */
function roundTrip(segments: readonly Segment[]): number {
  const opened = new Map<string, number>()
  const took = new Map<string, number>()
  for (const { tcp, timeNs } of segments) {
    if (tcp.flags === 'S' && !opened.has(tcp.flow)) opened.set(tcp.flow, timeNs)
    const since = opened.get(tcp.flow)
    if (since === undefined || took.has(tcp.flow)) continue
    if (tcp.flags.endsWith('A') && !tcp.flags.includes('S')) took.set(tcp.flow, timeNs - since)
  }
  return Math.max(0, ...took.values())
}

function changes(segments: readonly Segment[], say: (tcp: TcpNumbers) => string): Projection {
  const made = new Collector()
  for (const frame of segments) {
    const text = say(frame.tcp)
    const list = made.lists.get(keyOf(frame))
    if (text !== '' && list?.[list.length - 1] !== text) made.add(keyOf(frame), text)
  }
  return made.lists
}

function datagrams(frames: readonly NormalFrame[]): Projection {
  const made = new Collector()
  for (const { d } of frames) {
    const udp = layerOf(d, 'udp')
    const ip = layerOf(d, 'ip') ?? layerOf(d, 'ipv6')
    if (udp === undefined || ip === undefined) continue
    const show = (name: string): string => String(fieldIn(udp, name)!.value)
    const from = `${address(ip, 'src')}:${show('udp.srcport')}`
    const to = `${address(ip, 'dst')}:${show('udp.dstport')}`
    made.add(`${from}>${to}`, show('udp.length'))
  }
  return made.lists
}

/** The comparable values of all frames with this layer, in order; what chance drew is left out. */
function byLayer(frames: readonly NormalFrame[], name: string): Projection {
  const made = new Collector()
  for (const frame of frames) {
    if (layerOf(frame.d, name) === undefined) continue
    const values = frame.fields.filter(
      (field) =>
        field.kind === 'value' && !field.name.includes('ip.id') && !/ttl$/.test(field.name),
    )
    made.add(name, values.map((field) => `${field.name} ${field.value}`).join(', '))
  }
  return made.lists
}
