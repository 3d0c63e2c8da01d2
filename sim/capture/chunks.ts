/** Takes a filled chunk; the chunk belongs to the taker from then on. */
export type Sink = (chunk: Uint8Array) => void

const CHUNK = 1 << 20
const BY_HAND = 160 // octets; below this a loop beats making a view for `set`

/**
 * Fills chunks of 1 MiB with little-endian numbers and octets and hands each one over when it is
 * full. Nothing is allocated per frame; what is written stays in memory until `flush`.
 */
export class Chunks {
  private readonly sink: Sink
  private bytes = new Uint8Array(CHUNK)
  private view = new DataView(this.bytes.buffer)
  private at = 0
  /** Octets written since the beginning, handed over or not. */
  written = 0

  constructor(sink: Sink) {
    this.sink = sink
  }

  /** Makes room for `length` octets in one piece (at most a chunk). */
  reserve(length: number): void {
    if (this.at + length > CHUNK) this.flush()
  }

  u8(value: number): void {
    this.bytes[this.at++] = value
    this.written++
  }

  u16(value: number): void {
    this.view.setUint16(this.at, value, true)
    this.at += 2
    this.written += 2
  }

  u32(value: number): void {
    this.view.setUint32(this.at, value, true)
    this.at += 4
    this.written += 4
  }

  /** Copies `bytes[start .. end)`. */
  octets(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    const to = this.bytes
    let at = this.at
    if (length <= BY_HAND) for (let i = start; i < end; i++) to[at++] = bytes[i]!
    else to.set(bytes.subarray(start, end), at)
    this.at += length
    this.written += length
  }

  /** Writes zeros up to a multiple of four octets after `length` octets. */
  pad(length: number): void {
    for (let i = length; (i & 3) !== 0; i++) this.u8(0)
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.at === 0) return
    const full = this.bytes.subarray(0, this.at)
    this.bytes = new Uint8Array(CHUNK)
    this.view = new DataView(this.bytes.buffer)
    this.at = 0
    this.sink(full)
  }
}
