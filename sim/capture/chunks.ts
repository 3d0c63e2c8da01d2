/** Takes a filled chunk. It is lent: the writer fills it again, so what is kept must be copied. */
export type Sink = (chunk: Uint8Array) => void

const SMALLEST = 1 << 16
const LARGEST = 1 << 20
const BY_HAND = 160 // octets; below this a loop beats making a view for `set`

/**
 * Fills a buffer with little-endian numbers and octets and lends it to the sink when it is full.
 * Nothing is allocated per frame. The buffer begins small, since a run may have many files, and
 * grows to 1 MiB; what is written stays in it until `flush`.
 */
export class Chunks {
  private readonly sink: Sink
  private bytes = new Uint8Array(SMALLEST)
  private view = new DataView(this.bytes.buffer)
  private at = 0

  constructor(sink: Sink) {
    this.sink = sink
  }

  /** Makes room for `length` octets in one piece (at most 1 MiB). */
  reserve(length: number): void {
    const { at } = this
    const room = this.bytes.length
    if (at + length <= room) return
    this.flush()
    if (room < LARGEST) this.grow(Math.max(2 * room, length))
  }

  u8(value: number): void {
    this.bytes[this.at++] = value
  }

  u16(value: number): void {
    this.view.setUint16(this.at, value, true)
    this.at += 2
  }

  u32(value: number): void {
    this.view.setUint32(this.at, value, true)
    this.at += 4
  }

  /** Copies `bytes[start .. end)`. */
  octets(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    const to = this.bytes
    let at = this.at
    if (length <= BY_HAND) for (let i = start; i < end; i++) to[at++] = bytes[i]!
    else to.set(bytes.subarray(start, end), at)
    this.at += length
  }

  /** Writes zeros up to a multiple of four octets after `length` octets. */
  pad(length: number): void {
    for (let i = length; (i & 3) !== 0; i++) this.u8(0)
  }

  /** Lends the sink what there is. */
  flush(): void {
    if (this.at === 0) return
    const full = this.bytes.subarray(0, this.at)
    this.at = 0
    this.sink(full)
  }

  private grow(room: number): void {
    this.bytes = new Uint8Array(Math.min(LARGEST, room))
    this.view = new DataView(this.bytes.buffer)
  }
}
