import type { Trace } from '../trace/index.ts'
import { textAt } from './addresses.ts'
import {
  type Breach,
  type Invariant,
  type InvariantVerdict,
  type Seen,
  standing,
} from './invariant.ts'

const ROWS = 8192
/** 32-bit words of two addresses of IPv6. */
const WORDS = 8
const NOWHERE = 0x7fffffff
const TYPE_IPV4 = 0x0800
const TYPE_IPV6 = 0x86dd
const COPY = 1
/** A cable let others overtake this frame on purpose (Frame.marks). */
const LATE = 1

/**
 * Packets of one direction of a flow keep their order: at no interface does a frame arrive after
 * one that was born later. Ids of frames rise with their birth and survive rewriting, so they tell
 * the order. Copies made by switches and cables have ids of their own and are left out, and so are
 * frames that a cable with `reorder` sent on a detour.
 *
 * The last frame of each flow at each place stands in a table of fixed size; two flows that meet
 * in a row forget each other, so a breach can be missed but never invented.
 */
export class Reordered implements Invariant {
  readonly name = 'reordered'
  private readonly lastIds = new Float64Array(ROWS)
  /** Place of each row's flow, complemented for IPv6; NOWHERE for a row never used. */
  private readonly places = new Int32Array(ROWS).fill(NOWHERE)
  private readonly srcs = new Int32Array(ROWS)
  private readonly dsts = new Int32Array(ROWS)
  private readonly ports = new Int32Array(ROWS)
  /** Both addresses of each row that holds a flow of IPv6; made when one is seen. */
  private words: Uint32Array | undefined
  private trace: Trace | undefined
  private broken = 0
  private first: Breach | undefined

  listen(trace: Trace): void {
    this.trace = trace
  }

  /** A frame has arrived at an interface. */
  received(place: number, frame: Seen): void {
    if (frame.relation === COPY || (frame.marks & LATE) !== 0) return
    const { view, start, end } = frame
    if (end - start < 38) return
    const type = view.getUint16(start + 12)
    if (type === TYPE_IPV6) return this.ipv6(place, frame)
    if (type !== TYPE_IPV4) return
    const protocol = view.getUint8(start + 23)
    if (view.getUint8(start + 14) !== 0x45 || (protocol !== 6 && protocol !== 17)) return
    if ((view.getUint16(start + 20) & 0x3fff) !== 0) return
    const src = view.getInt32(start + 26)
    const dst = view.getInt32(start + 30)
    const ports = view.getInt32(start + 34)
    const hash = Math.imul(src ^ Math.imul(dst, 0x9e3779b1), 0x85ebca6b) ^ ports ^ (place << 7)
    const row = (Math.imul(hash, 0xc2b2ae35) >>> 16) & (ROWS - 1)
    const known =
      this.places[row] === place &&
      this.ports[row] === ports &&
      this.srcs[row] === src &&
      this.dsts[row] === dst
    if (known && frame.id < this.lastIds[row]!) {
      this.breach(place, frame, start + 26, start + 30, 4)
      return
    }
    this.lastIds[row] = frame.id
    if (known) return
    this.places[row] = place
    this.ports[row] = ports
    this.srcs[row] = src
    this.dsts[row] = dst
  }

  verdict(): InvariantVerdict {
    return standing(this.name, this.broken, this.first)
  }

  private ipv6(place: number, frame: Seen): void {
    const { view, start, end } = frame
    if (end - start < 58) return
    const protocol = view.getUint8(start + 20)
    if (protocol !== 6 && protocol !== 17) return
    if (this.words === undefined) this.words = new Uint32Array(ROWS * WORDS)
    const { words } = this
    const ports = view.getInt32(start + 54)
    let hash = ports ^ (place << 7)
    for (let i = 0; i < WORDS; i++) {
      hash = Math.imul(hash ^ view.getUint32(start + 22 + i * 4), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    const row = (Math.imul(hash, 0xc2b2ae35) >>> 16) & (ROWS - 1)
    let known = this.places[row] === ~place && this.ports[row] === ports
    for (let i = 0; known && i < WORDS; i++) {
      known = words[row * WORDS + i] === view.getUint32(start + 22 + i * 4)
    }
    if (known && frame.id < this.lastIds[row]!) {
      this.breach(place, frame, start + 22, start + 38, 6)
      return
    }
    this.lastIds[row] = frame.id
    if (known) return
    this.places[row] = ~place
    this.ports[row] = ports
    for (let i = 0; i < WORDS; i++) words[row * WORDS + i] = view.getUint32(start + 22 + i * 4)
  }

  private breach(place: number, frame: Seen, src: number, dst: number, family: 4 | 6): void {
    this.broken++
    const { view } = frame
    const flow = `${textAt(view, src, family)} > ${textAt(view, dst, family)}`
    const detail = `a frame of ${flow} arrived after one born later`
    this.first ??= { timeNs: this.trace?.now ?? 0, place, frameId: frame.id, detail }
  }
}
