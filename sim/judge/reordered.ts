import { RECEIVED, type Sink, type Trace } from '../trace/index.ts'
import {
  type Breach,
  dotted,
  type Invariant,
  type InvariantVerdict,
  type Seen,
  standing,
} from './invariant.ts'

type Event = Parameters<Sink['event']>

const ROWS = 8192
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
 * in a row forget each other, so a breach can be missed but never invented. IPv6 comes with its
 * codecs.
 */
export class Reordered implements Invariant, Sink {
  readonly name = 'reordered'
  private readonly lastIds = new Float64Array(ROWS)
  private readonly places = new Int32Array(ROWS).fill(-1)
  private readonly srcs = new Float64Array(ROWS)
  private readonly dsts = new Float64Array(ROWS)
  private readonly ports = new Float64Array(ROWS)
  private broken = 0
  private first: Breach | undefined

  listen(trace: Trace): void {
    trace.subscribe(RECEIVED, this)
  }

  event(timeNs: Event[0], _kind: Event[1], place: Event[2], frame: Event[3]): void {
    if (frame === undefined || frame.relation === COPY || (frame.marks & LATE) !== 0) return
    const { view, start, end } = frame
    if (end - start < 38 || view.getUint16(start + 12) !== 0x0800) return
    const protocol = view.getUint8(start + 23)
    if (view.getUint8(start + 14) !== 0x45 || (protocol !== 6 && protocol !== 17)) return
    if ((view.getUint16(start + 20) & 0x3fff) !== 0) return
    const src = view.getUint32(start + 26)
    const dst = view.getUint32(start + 30)
    const ports = view.getUint32(start + 34)
    const hash = Math.imul(src ^ Math.imul(dst, 0x9e3779b1), 0x85ebca6b) ^ ports ^ (place << 7)
    const row = (Math.imul(hash, 0xc2b2ae35) >>> 16) & (ROWS - 1)
    const known =
      this.places[row] === place &&
      this.ports[row] === ports &&
      this.srcs[row] === src &&
      this.dsts[row] === dst
    if (known && frame.id < this.lastIds[row]!) {
      this.breach(timeNs, place, frame, src, dst)
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

  private breach(timeNs: number, place: number, frame: Seen, src: number, dst: number): void {
    this.broken++
    const detail = `a frame of ${dotted(src)} > ${dotted(dst)} arrived after one born later`
    this.first ??= { timeNs, place, frameId: frame.id, detail }
  }
}
