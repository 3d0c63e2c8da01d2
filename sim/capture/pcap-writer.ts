import { Chunks, type Sink } from './chunks.ts'

/**
 * Nanosecond time stamps (pcap-savefile(5)); the order of octets of the file is that of this
 * number.
 */
export const MAGIC_NS = 0xa1b23c4d
export const SNAP_LEN = 262144
const LINK_ETHERNET = 1
const SECOND = 1_000_000_000

/** Writes one interface's frames as a classic pcap file: nanoseconds, little endian. */
export class PcapWriter {
  private readonly chunks: Chunks
  private readonly epochSeconds: number
  /** Frames written so far: the number Wireshark shows for the last one. */
  frames = 0

  /** `epochSeconds`: seconds since 1970 at virtual time 0. */
  constructor(sink: Sink, epochSeconds: number) {
    this.chunks = new Chunks(sink)
    this.epochSeconds = epochSeconds
    const out = this.chunks
    out.u32(MAGIC_NS)
    out.u16(2)
    out.u16(4)
    out.u32(0)
    out.u32(0)
    out.u32(SNAP_LEN)
    out.u32(LINK_ETHERNET)
  }

  /** Adds the frame `bytes[start .. end)` as seen at virtual time `timeNs`. */
  frame(timeNs: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    const captured = length < SNAP_LEN ? length : SNAP_LEN
    const seconds = Math.floor(timeNs / SECOND)
    const out = this.chunks
    out.reserve(16 + captured)
    out.u32(this.epochSeconds + seconds)
    out.u32(timeNs - seconds * SECOND)
    out.u32(captured)
    out.u32(length)
    out.octets(bytes, start, start + captured)
    this.frames++
  }

  /** Hands over what there is; more frames may follow. */
  flush(): void {
    this.chunks.flush()
  }

  /** Hands over the last chunk. */
  end(): void {
    this.chunks.flush()
  }
}
