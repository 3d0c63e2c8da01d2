/**
 * pcapng (draft-ietf-opsawg-pcapng): one section, one block of each kind we need. Written little
 * endian, nanoseconds, no Decryption Secrets yet.
 */
import { Chunks, type Sink } from './chunks.ts'
import { SNAP_LEN } from './pcap-writer.ts'
import { encodeText } from '../wire/text.ts'

export const SECTION = 0x0a0d0d0a
export const INTERFACE = 1
export const NAMES = 4
export const STATISTICS = 5
export const ENHANCED_PACKET = 6

const LINK_ETHERNET = 1
const SECOND = 1_000_000_000
const TWO_32 = 4_294_967_296
const OPTION_END = 0
const OPTION_COMMENT = 1

export const INBOUND = 1
export const OUTBOUND = 2
/** As seen by the machine that owns the interface (epb_flags, bits 0-1). */
export type Direction = typeof INBOUND | typeof OUTBOUND

/** One entry of the names block: Wireshark shows `names` for the address. */
export interface NameRecord {
  /** Four octets (IPv4) or sixteen (IPv6). */
  readonly address: Uint8Array
  readonly names: readonly string[]
}

export interface PcapngOptions {
  /** Seconds since 1970 at virtual time 0. */
  readonly epochSeconds: number
  /** if_name of each interface; its place in this list is its number. */
  readonly interfaces: readonly string[]
  readonly names?: readonly NameRecord[]
  /** Comment on the whole file. */
  readonly comment?: string
  readonly application?: string
}

const padded = (length: number): number => (length + 3) & ~3

/** Writes frames of many interfaces into one pcapng file, with host names and comments. */
export class PcapngWriter {
  private readonly chunks: Chunks
  private readonly options: PcapngOptions
  private readonly counts: Float64Array
  private lastNs = 0
  private high = 0
  private low = 0
  /** Frames written so far: the number Wireshark shows for the last one. */
  frames = 0

  constructor(sink: Sink, options: PcapngOptions) {
    this.chunks = new Chunks(sink)
    this.options = options
    this.counts = new Float64Array(options.interfaces.length)
    this.section()
    for (const name of options.interfaces) this.interfaceBlock(name)
    if (options.names !== undefined && options.names.length > 0) this.nameBlock(options.names)
  }

  /** Adds `bytes[start .. end)`, seen at `timeNs` on the interface with this number. */
  frame(
    timeNs: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    interfaceId: number,
    direction: Direction,
    comment?: string,
  ): void {
    const length = end - start
    const captured = length < SNAP_LEN ? length : SNAP_LEN
    const text = comment === undefined || comment === '' ? undefined : optionOctets(comment)
    const options = 12 + (text === undefined ? 0 : 4 + padded(text.length))
    const total = 32 + padded(captured) + options
    this.stamp(timeNs)
    const out = this.chunks
    out.reserve(total)
    out.u32(ENHANCED_PACKET)
    out.u32(total)
    out.u32(interfaceId)
    out.u32(this.high)
    out.u32(this.low)
    out.u32(captured)
    out.u32(length)
    out.octets(bytes, start, start + captured)
    out.pad(captured)
    if (text !== undefined) this.option(OPTION_COMMENT, text)
    out.u16(2) // epb_flags
    out.u16(4)
    out.u32(direction)
    out.u32(OPTION_END)
    out.u32(total)
    this.frames++
    this.counts[interfaceId]!++
    this.lastNs = timeNs
  }

  /** Hands over what there is; more frames may follow. */
  flush(): void {
    this.chunks.flush()
  }

  /** Writes the statistics of each interface and hands over the last chunk. */
  end(): void {
    this.stamp(this.lastNs)
    for (let i = 0; i < this.counts.length; i++) this.statistics(i, this.counts[i]!)
    this.chunks.flush()
  }

  /** Splits epoch + `timeNs`, a number beyond 2^53, into two halves without losing a nanosecond. */
  private stamp(timeNs: number): void {
    const whole = Math.floor(timeNs / SECOND)
    const seconds = this.options.epochSeconds + whole
    const upper = Math.floor(seconds / 65536) * SECOND
    const lower = (seconds % 65536) * SECOND + (timeNs - whole * SECOND)
    const rest = (upper % 65536) * 65536 + lower
    this.high = Math.floor(upper / 65536) + Math.floor(rest / TWO_32)
    this.low = rest % TWO_32
  }

  private option(code: number, octets: Uint8Array): void {
    const out = this.chunks
    out.u16(code)
    out.u16(octets.length)
    out.octets(octets, 0, octets.length)
    out.pad(octets.length)
  }

  private section(): void {
    const { comment, application } = this.options
    const options: [number, Uint8Array][] = []
    if (comment !== undefined) options.push([OPTION_COMMENT, optionOctets(comment)])
    if (application !== undefined) options.push([4, optionOctets(application)]) // shb_userappl
    const total = 28 + optionsLen(options)
    const out = this.chunks
    out.reserve(total)
    out.u32(SECTION)
    out.u32(total)
    out.u32(0x1a2b3c4d)
    out.u16(1)
    out.u16(0)
    out.u32(0xffffffff) // length of the section: not known
    out.u32(0xffffffff)
    this.optionList(options)
    out.u32(total)
  }

  private interfaceBlock(name: string): void {
    const options: [number, Uint8Array][] = [
      [2, optionOctets(name)], // if_name
      [9, new Uint8Array([9])], // if_tsresol: 10^-9 s
    ]
    const total = 20 + optionsLen(options)
    const out = this.chunks
    out.reserve(total)
    out.u32(INTERFACE)
    out.u32(total)
    out.u16(LINK_ETHERNET)
    out.u16(0)
    out.u32(SNAP_LEN)
    this.optionList(options)
    out.u32(total)
  }

  private nameBlock(records: readonly NameRecord[]): void {
    const bodies = records.map((record) => {
      const text = encodeText(record.names.map((name) => `${name}\0`).join(''))
      const body = new Uint8Array(record.address.length + text.length)
      body.set(record.address)
      body.set(text, record.address.length)
      return body
    })
    const total = bodies.reduce((sum, body) => sum + 4 + padded(body.length), 16)
    const out = this.chunks
    out.reserve(total)
    out.u32(NAMES)
    out.u32(total)
    records.forEach((record, i) => {
      this.option(record.address.length === 4 ? 1 : 2, bodies[i]!)
    })
    out.u32(0) // nrb_record_end
    out.u32(total)
  }

  private statistics(interfaceId: number, count: number): void {
    const out = this.chunks
    const total = 24 + 12 + 4
    out.reserve(total)
    out.u32(STATISTICS)
    out.u32(total)
    out.u32(interfaceId)
    out.u32(this.high)
    out.u32(this.low)
    out.u16(4) // isb_ifrecv
    out.u16(8)
    out.u32(count % TWO_32)
    out.u32(Math.floor(count / TWO_32))
    out.u32(OPTION_END)
    out.u32(total)
  }

  private optionList(options: readonly [number, Uint8Array][]): void {
    if (options.length === 0) return
    for (const [code, octets] of options) this.option(code, octets)
    this.chunks.u32(OPTION_END)
  }
}

function optionsLen(options: readonly [number, Uint8Array][]): number {
  if (options.length === 0) return 0
  return options.reduce((sum, [, octets]) => sum + 4 + padded(octets.length), 4)
}

/** Option values are at most 65535 octets long; a longer text is cut. */
function optionOctets(text: string): Uint8Array {
  const octets = encodeText(text)
  return octets.length > 65_532 ? octets.subarray(0, 65_532) : octets
}
