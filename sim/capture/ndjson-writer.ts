import { Chunks, type Sink } from './chunks.ts'
import { encodeText } from '../wire/text.ts'

/** Longest line: what fits into a chunk. */
const LONGEST = 1 << 19

/** Writes one JSON value a line (ndjson), for programs that read captures without Wireshark. */
export class NdjsonWriter {
  private readonly chunks: Chunks
  /** Lines written so far. */
  lines = 0

  constructor(sink: Sink) {
    this.chunks = new Chunks(sink)
  }

  /** Adds a line; `value` is plain data. Fails when it is longer than half a mebibyte. */
  line(value: object): void {
    const octets = encodeText(`${JSON.stringify(value)}\n`)
    if (octets.length > LONGEST) throw new RangeError(`a line of ${octets.length} octets`)
    this.chunks.reserve(octets.length)
    this.chunks.octets(octets, 0, octets.length)
    this.lines++
  }

  /** Hands over what there is. */
  flush(): void {
    this.chunks.flush()
  }
}
