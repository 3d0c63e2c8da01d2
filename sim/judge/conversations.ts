import { add, type Dissection, type Layer } from './dissection.ts'
import { fieldIn, layerOf, numberOf } from './lookup.ts'

/** One direction of a TCP connection as it was seen so far. */
interface Side {
  base: number | undefined
  /** Window scale of its SYN, -1 when that had none, undefined when it was not seen. */
  shift: number | undefined
}

interface Conversation {
  readonly stream: number
  readonly sides: readonly [Side, Side]
}

const SYN = 2
const ACK = 16
const TWO_32 = 4_294_967_296
const minus = (a: number, b: number): number => (a - b) >>> 0

/**
 * Adds to TCP segments what takes memory: `tcp.stream`, the relative `tcp.seq`, `tcp.ack`,
 * `tcp.nxtseq` and SACK edges, the scaled `tcp.window_size`. Numbers count from the SYN of each
 * direction as in Wireshark; without a SYN the first number seen counts as 1. Feed it all frames of
 * one place in their order. Its memory grows with the number of connections.
 */
export class Conversations {
  private readonly byEnds = new Map<string, Conversation>()
  private streams = 0

  /** Adds the fields to the segment's layer; leaves other frames alone. */
  annotate(d: Dissection): void {
    const tcp = layerOf(d, 'tcp')
    if (tcp === undefined || fieldIn(tcp, 'tcp.flags') === undefined) return
    const flags = numberOf(d, 'tcp.flags')!
    const seq = numberOf(d, 'tcp.seq_raw')!
    const ack = numberOf(d, 'tcp.ack_raw')!
    const [conversation, from] = this.find(d, flags, seq)
    const own = conversation.sides[from]
    const peer = conversation.sides[1 - from]!
    own!.base ??= minus(seq, 1)
    if ((flags & ACK) !== 0) peer.base ??= minus(ack, 1)
    if ((flags & SYN) !== 0) {
      own!.base = seq
      const shift = fieldIn(tcp, 'tcp.options.wscale.shift')
      own!.shift = shift === undefined ? -1 : (shift.value as number)
    }
    this.fields(tcp, conversation, own!, peer, seq, ack, flags)
  }

  private fields(
    tcp: Layer,
    conversation: Conversation,
    own: Side,
    peer: Side,
    seq: number,
    ack: number,
    flags: number,
  ): void {
    const at = tcp.start
    const relative = minus(seq, own.base!)
    const length = (fieldIn(tcp, 'tcp.len')?.value as number | undefined) ?? 0
    const next = relative + length + ((flags & SYN) !== 0 ? 1 : 0) + (flags & 1)
    add(tcp, 'tcp.stream', conversation.stream, at, 0)
    add(tcp, 'tcp.seq', relative, at + 4, 4)
    add(tcp, 'tcp.nxtseq', next % TWO_32, at, 0)
    add(tcp, 'tcp.ack', (flags & ACK) === 0 ? 0 : minus(ack, peer.base!), at + 8, 4)
    const window = fieldIn(tcp, 'tcp.window_size_value')!.value as number
    const shift = (flags & SYN) !== 0 || peer.shift === -1 ? 0 : Math.max(own.shift ?? 0, 0)
    add(tcp, 'tcp.window_size', window * (1 << Math.min(shift, 14)), at + 14, 2)
    tcp.fields.forEach((field, i) => {
      if (field.name !== 'tcp.options.sack_le' && field.name !== 'tcp.options.sack_re') return
      if (peer.base === undefined) return
      tcp.fields[i] = { ...field, value: minus(field.value as number, peer.base) }
    })
  }

  /** The conversation and which of its sides sent this; a SYN with a new number begins another. */
  private find(d: Dissection, flags: number, seq: number): [Conversation, 0 | 1] {
    const a = `${address(d, 'src')} ${numberOf(d, 'tcp.srcport')!}`
    const b = `${address(d, 'dst')} ${numberOf(d, 'tcp.dstport')!}`
    const from = a < b ? 0 : 1
    const key = a < b ? `${a} ${b}` : `${b} ${a}`
    const known = this.byEnds.get(key)
    const opens = (flags & (SYN | ACK)) === SYN
    const base = known?.sides[from].base
    const again = opens && base !== undefined && base !== seq
    if (known !== undefined && !again) return [known, from]
    const fresh: Conversation = {
      stream: this.streams++,
      sides: [
        { base: undefined, shift: undefined },
        { base: undefined, shift: undefined },
      ],
    }
    this.byEnds.set(key, fresh)
    return [fresh, from]
  }
}

function address(d: Dissection, which: 'src' | 'dst'): string {
  const ip = layerOf(d, 'ip') ?? layerOf(d, 'ipv6')
  return String(ip === undefined ? '' : fieldIn(ip, `${ip.name}.${which}`)?.value)
}
