import { createRun, type RunOptions, type Sheet } from '../lab/index.ts'
import { RECEIVED, SENT, type Sink } from '../trace/index.ts'
import type { Frame } from '../wire/frame.ts'

/** Events that each of the two runs goes ahead, so that memory stays flat. */
const SLICE = 50_000

/** One number for each frame on a wire: time, place, direction and octets (FNV-1a, 32 bit). */
class Prints implements Sink {
  readonly list: number[] = []

  event(timeNs: number, kind: number, place: number, frame: Frame | undefined): void {
    let print = 0x811c9dc5
    const add = (octet: number): void => {
      print = Math.imul(print ^ octet, 0x01000193)
    }
    for (let rest = timeNs; rest > 0; rest = Math.floor(rest / 256)) add(rest % 256)
    add(kind)
    add(place & 0xff)
    add(place >>> 8)
    for (let i = frame!.start; i < frame!.end; i++) add(frame!.bytes[i]!)
    this.list.push(print)
  }
}

/** Runs a sheet twice side by side; the sentence says which frame differs first, if one does. */
export function certify(sheet: Sheet, options: RunOptions): string | undefined {
  const runs = [createRun(sheet, options), createRun(sheet, options)] as const
  const prints = runs.map((run) => {
    const sink = new Prints()
    run.trace.subscribe(SENT | RECEIVED, sink)
    return sink
  })
  const [one, other] = [prints[0]!.list, prints[1]!.list]
  let before = 0
  for (let done = false; !done; ) {
    const ended = runs.map((run) => run.advance(SLICE))
    if (one.length !== other.length || ended[0] !== ended[1]) {
      return `two runs differ in length, near frame ${before + Math.min(one.length, other.length)}`
    }
    const odd = one.findIndex((print, i) => print !== other[i])
    if (odd >= 0) return `two runs differ from frame ${before + odd + 1} on`
    before += one.length
    one.length = 0
    other.length = 0
    done = ended[0]!
  }
  return undefined
}
