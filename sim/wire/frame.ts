/**
 * Frames: octets on a slab with one `DataView` and one `Uint16Array` over it for life.
 *
 * A frame's octets are `bytes[start .. end)`, beginning with the Ethernet header. `start` is even
 * (so checksums can read 16-bit words) and leaves 64 octets of headroom for tunnel headers. A frame
 * has one owner at a time; whoever ends its life gives it back to the pool and says why in the
 * trace.
 */

/** How a frame came from the frame named by `cause`. */
export const RELATIONS = [
  'original',
  'copy',
  'fragment',
  'reassembled',
  'encapsulated',
  'retransmit',
  'resolves',
  'reports',
  'answers',
  'proxied',
] as const
export type Relation = (typeof RELATIONS)[number]

export const ORIGINAL = 0
export const COPY = 1
export const FRAGMENT = 2
export const REASSEMBLED = 3
export const ENCAPSULATED = 4
export const RETRANSMIT = 5
export const RESOLVES = 6
export const REPORTS = 7
export const ANSWERS = 8
export const PROXIED = 9

/** What has happened to a frame: bits of `Frame.marks`. */
export const LATE = 1 // frames sent after it may come before it
export const DAMAGED = 2 // a bit was flipped that no check sequence told of
export const FORWARDED = 4 // a router has sent it on: it is no packet of the machine's own

/** Octets kept free before the Ethernet header of a fresh frame. */
export const HEADROOM = 64

export class Frame {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly words: Uint16Array
  /** Number of this frame in its pool: what an event carries. */
  readonly slot: number
  /** First octet of this frame's room on the slab. */
  readonly base: number
  /** Octets of that room. */
  readonly room: number
  /** First octet of the frame, even. */
  start = 0
  /** One past the last octet. */
  end = 0
  /** Offset of the network header; set by whoever writes or checks the link header. */
  network = 0
  /** New at each birth, from 1; 0 while the frame is in the pool. */
  id = 0
  /** Id of the frame this one comes from, 0 for none. */
  cause = 0
  /** One of the constants above. */
  relation: number = ORIGINAL
  /** What has happened to it: LATE, DAMAGED, FORWARDED. */
  marks = 0
  /** Octets of the largest fragment it was joined from, 0 when it came whole. */
  largestFragment = 0

  constructor(
    bytes: Uint8Array,
    view: DataView,
    words: Uint16Array,
    slot: number,
    base: number,
    room: number,
  ) {
    this.bytes = bytes
    this.view = view
    this.words = words
    this.slot = slot
    this.base = base
    this.room = room
  }
}

const FRAMES_PER_SLAB = 256
/**
 * Senders ask for room before they know how long the header's options will be (at most 40 octets).
 */
const SLACK = 48
/** Room of a frame that holds the largest IP packet. */
const LARGE_ROOM = HEADROOM + 14 + 65536 + 2

/**
 * Owns all frames of a run; grows by slabs and never shrinks. Ordinary frames have room for the
 * largest frame of any cable; a few large ones, made when needed, hold whole packets before they
 * are cut into fragments and after they are joined.
 */
export class FramePool {
  /** Octets of room of each frame, headroom included. */
  readonly room: number
  readonly frames: Frame[] = []
  private readonly free: Frame[] = []
  private readonly freeLarge: Frame[] = []
  private births = 0

  /** `largest`: octets of the largest frame, Ethernet header included. */
  constructor(largest: number) {
    this.room = (HEADROOM + largest + SLACK + 15) & ~15
  }

  /** Frames that somebody owns now. */
  get live(): number {
    return this.frames.length - this.free.length - this.freeLarge.length
  }

  /** A frame of no octets yet, with a new id; the caller owns it. Its room holds old octets. */
  take(): Frame {
    if (this.free.length === 0) this.addSlab()
    return this.begin(this.free.pop()!)
  }

  /** The same with room for `octets`, which may be more than any cable carries. */
  takeFor(octets: number): Frame {
    if (HEADROOM + octets <= this.room) return this.take()
    if (this.freeLarge.length === 0) this.addLarge()
    return this.begin(this.freeLarge.pop()!)
  }

  private begin(frame: Frame): Frame {
    frame.start = frame.base + HEADROOM
    frame.end = frame.start
    frame.network = frame.start + 14
    frame.id = ++this.births
    frame.cause = 0
    frame.relation = ORIGINAL
    frame.marks = 0
    frame.largestFragment = 0
    return frame
  }

  /** A second frame with the same octets, related to the first as a copy. */
  copy(of: Frame): Frame {
    const length = of.end - of.start
    const frame = this.takeFor(length)
    frame.start = frame.base + (of.start - of.base)
    frame.end = frame.start + length
    frame.network = frame.start + (of.network - of.start)
    frame.bytes.set(of.bytes.subarray(of.start, of.end), frame.start)
    frame.cause = of.id
    frame.relation = COPY
    frame.marks = of.marks
    return frame
  }

  /** Ends a frame's life. */
  release(frame: Frame): void {
    if (frame.id === 0) throw new RangeError(`frame in slot ${frame.slot} was released twice`)
    frame.id = 0
    if (frame.room === this.room) this.free.push(frame)
    else this.freeLarge.push(frame)
  }

  private addLarge(): void {
    const buffer = new ArrayBuffer(LARGE_ROOM)
    const view = new DataView(buffer)
    const words = new Uint16Array(buffer)
    const slot = this.frames.length
    const frame = new Frame(new Uint8Array(buffer), view, words, slot, 0, LARGE_ROOM)
    this.frames.push(frame)
    this.freeLarge.push(frame)
  }

  private addSlab(): void {
    const buffer = new ArrayBuffer(this.room * FRAMES_PER_SLAB)
    const bytes = new Uint8Array(buffer)
    const view = new DataView(buffer)
    const words = new Uint16Array(buffer)
    for (let i = FRAMES_PER_SLAB - 1; i >= 0; i--) {
      const slot = this.frames.length + i
      this.free.push(new Frame(bytes, view, words, slot, i * this.room, this.room))
    }
    for (let i = this.free.length - 1; i >= this.free.length - FRAMES_PER_SLAB; i--) {
      this.frames.push(this.free[i]!)
    }
  }
}
