import { type Dissection, fieldIn, type Layer, layerOf } from '../../judge/index.ts'

/** Numbers of a TCP segment, counted from the start of each direction as Wireshark does. */
export interface TcpNumbers {
  /** `A:P>B:Q`, and the same from the other end. */
  readonly flow: string
  readonly back: string
  /** Letters of tcpdump with A for ACK: `SA`, `PA`, `F`. */
  readonly flags: string
  readonly seq: number
  readonly ack: number
  readonly len: number
  readonly win: number
  /** `1449:2897 4345:5793`, '' for none. */
  readonly sack: string
  readonly mss: number | undefined
  readonly wscale: number | undefined
  /** Kinds of all options. */
  readonly options: string
  /** The initial number, where it is first seen. */
  readonly isn: number | undefined
  /** Which of the peer's segments (by their place in the flow) carried the time stamp echoed. */
  readonly echo: { readonly lowest: number; readonly highest: number } | undefined
}

interface Side {
  base: number | undefined
  /** IP id of the socket's first packet that has one. */
  ident: number | undefined
  lastIdent: number
}

const LETTERS = 'FSRPAUEW'
const minus = (a: number, b: number): number => (a - b) >>> 0

/** What is remembered of each direction of each connection in one file. */
export class Flows {
  private readonly sides = new Map<string, Side>()
  private readonly stamps: Stamps

  /** All frames of the file: what echoes a time stamp may be captured before what carried it. */
  constructor(frames: readonly Dissection[]) {
    this.stamps = stampsOf(frames)
  }

  /** Reads the segment; undefined for other frames. Call once per frame, in order. */
  numbers(d: Dissection): TcpNumbers | undefined {
    const names = flowNames(d)
    const tcp = layerOf(d, 'tcp')
    if (names === undefined || tcp === undefined || number(tcp, 'tcp.flags') === undefined) {
      return undefined
    }
    const flags = lettersOf(number(tcp, 'tcp.flags')!)
    const seq = number(tcp, 'tcp.seq_raw')!
    const ack = number(tcp, 'tcp.ack_raw')!
    if (flags.includes('S')) this.renew(names, seq, flags.includes('A'))
    const own = this.side(names.flow)
    const peer = this.side(names.back)
    const isn = own.base === undefined && flags.includes('S') ? seq : undefined
    if (own.base === undefined) own.base = flags.includes('S') || seq === 0 ? seq : minus(seq, 1)
    const acks = flags.includes('A')
    if (acks && peer.base === undefined) peer.base = minus(ack, 1)
    return {
      ...names,
      flags,
      seq: minus(seq, own.base),
      ack: acks ? minus(ack, peer.base!) : ack,
      len: number(tcp, 'tcp.len') ?? 0,
      win: number(tcp, 'tcp.window_size_value')!,
      sack: sackOf(tcp, peer.base ?? 0),
      mss: number(tcp, 'tcp.options.mss_val'),
      wscale: number(tcp, 'tcp.options.wscale.shift'),
      options: all(tcp, 'tcp.option_kind').join(','),
      isn,
      echo: this.echo(tcp, names.back),
    }
  }

  /**
   * Place of an IP id among those of its socket; undefined where ids are not counted per socket.
   */
  ident(d: Dissection, id: number): { first: boolean; offset: number } | undefined {
    const names = flowNames(d)
    const tcp = layerOf(d, 'tcp')
    if (names === undefined || tcp === undefined) return undefined
    const own = this.side(names.flow)
    if (id === 0 && own.lastIdent !== 65535) return undefined
    const first = own.ident === undefined
    own.ident ??= id
    own.lastIdent = id
    return { first, offset: (id - own.ident) & 0xffff }
  }

  /** A SYN with another number on known ends opens another connection. */
  private renew(names: { flow: string; back: string }, seq: number, acks: boolean): void {
    const own = this.sides.get(names.flow)
    if (own?.base === undefined || own.base === seq) return
    this.sides.delete(names.flow)
    if (!acks) this.sides.delete(names.back)
  }

  private side(flow: string): Side {
    const known = this.sides.get(flow)
    if (known !== undefined) return known
    const side: Side = { base: undefined, ident: undefined, lastIdent: -1 }
    this.sides.set(flow, side)
    return side
  }

  private echo(tcp: Layer, back: string): TcpNumbers['echo'] {
    const echoed = number(tcp, 'tcp.options.timestamp.tsecr')
    if (echoed === undefined) return undefined
    if (echoed === 0) return { lowest: 0, highest: 0 }
    const [lowest, highest] = this.stamps.get(back)?.get(echoed) ?? [-1, -1]
    return { lowest, highest }
  }
}

/** For each flow: time stamp -> the first and the last of its segments that carried it, from 1. */
type Stamps = Map<string, Map<number, [number, number]>>

function stampsOf(frames: readonly Dissection[]): Stamps {
  const stamps: Stamps = new Map()
  const segments = new Map<string, number>()
  for (const d of frames) {
    const names = flowNames(d)
    if (names === undefined) continue
    const count = (segments.get(names.flow) ?? 0) + 1
    segments.set(names.flow, count)
    const value = number(layerOf(d, 'tcp')!, 'tcp.options.timestamp.tsval')
    if (value === undefined) continue
    const known = stamps.get(names.flow) ?? new Map<number, [number, number]>()
    const range = known.get(value)
    if (range === undefined) known.set(value, [count, count])
    else range[1] = count
    stamps.set(names.flow, known)
  }
  return stamps
}

function flowNames(d: Dissection): { flow: string; back: string } | undefined {
  const ip = layerOf(d, 'ip') ?? layerOf(d, 'ipv6')
  const tcp = layerOf(d, 'tcp')
  if (ip === undefined || tcp === undefined) return undefined
  const src = `${address(ip, 'src')}:${number(tcp, 'tcp.srcport')!}`
  const dst = `${address(ip, 'dst')}:${number(tcp, 'tcp.dstport')!}`
  return { flow: `${src}>${dst}`, back: `${dst}>${src}` }
}

/** `172.16.20.1`; an IPv6 address in its eight groups. */
export function address(ip: Layer, which: 'src' | 'dst'): string {
  const value = fieldIn(ip, `${ip.name}.${which}`)!.value
  if (typeof value === 'number') {
    return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')
  }
  const octets = value as Uint8Array
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) groups.push((octets[i]! * 256 + octets[i + 1]!).toString(16))
  return `[${groups.join(':')}]`
}

function number(layer: Layer, name: string): number | undefined {
  return fieldIn(layer, name)?.value as number | undefined
}

function all(layer: Layer, name: string): number[] {
  return layer.fields.filter((field) => field.name === name).map((field) => field.value as number)
}

function lettersOf(flags: number): string {
  let text = ''
  for (const letter of 'SFRPUEWA') {
    if ((flags >> LETTERS.indexOf(letter)) & 1) text += letter
  }
  return text
}

function sackOf(tcp: Layer, base: number): string {
  const left = all(tcp, 'tcp.options.sack_le')
  const right = all(tcp, 'tcp.options.sack_re')
  return left.map((edge, i) => `${minus(edge, base)}:${minus(right[i]!, base)}`).join(' ')
}
