/**
 * Capture files of strangers. Classic pcap is read by the package `pcap-parser`, which knows
 * neither nanoseconds nor truncation and copies without end when a length is absurd; the guard in
 * front of it lets only sane octets through and says what is wrong with the others. pcapng goes to
 * our own reader.
 */
import { EventEmitter } from 'node:events'
import { createReadStream, readFileSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Readable, Transform } from 'node:stream'
import { type CaptureFile, type CaptureRecord, readCapture } from '../capture/index.ts'

const HEADER = 24
const RECORD = 16
const LONGEST = 262144
const PCAPNG = 0x0a0d0d0a

/** Order of octets and unit by the first four octets, read big endian. */
const MAGICS: ReadonlyMap<number, { readonly little: boolean; readonly unitNs: number }> = new Map([
  [0xa1b2c3d4, { little: false, unitNs: 1000 }],
  [0xd4c3b2a1, { little: true, unitNs: 1000 }],
  [0xa1b23c4d, { little: false, unitNs: 1 }],
  [0x4d3cb2a1, { little: true, unitNs: 1 }],
])

/** The part of pcap-parser 0.2.1 that is used; the package brings no types. */
interface PcapParser {
  /** The emitter emits `packet`, `end`, `error`. */
  parse(input: Readable | EventEmitter): EventEmitter
}

interface Packet {
  readonly header: {
    readonly timestampSeconds: number
    readonly timestampMicroseconds: number
    readonly originalLength: number
  }
  readonly data: Uint8Array
}

/** Loaded when a capture is read, which most runs never do. */
const pcapParser = (): PcapParser => createRequire(import.meta.url)('pcap-parser') as PcapParser

/** Passes classic pcap on to pcap-parser as microseconds of version 2.4, up to the first damage. */
export class PcapGuard {
  /** What stands between the file and pcap-parser. */
  readonly stream: Transform
  /** Why nothing is passed on any more, one sentence with the offset. */
  problem: string | undefined
  /** Nanoseconds in a unit of the file's fractions of a second. */
  unitNs = 1000
  private little = true
  private snapLen = LONGEST
  private pending: Buffer = Buffer.alloc(0)
  /** Octets of the frame still to come. */
  private body = 0
  private offset = 0
  private started = false
  private frames = 0
  private readonly out: (octets: Buffer) => void

  /** `out`: takes what is sane; the reading end of `stream`, when left out. */
  constructor(out?: (octets: Buffer) => void) {
    this.out = out ?? ((octets) => this.stream.push(octets))
    this.stream = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.take(chunk)
        done()
      },
      flush: (done) => {
        this.finish()
        done()
      },
    })
  }

  /** Takes the next octets of the file. */
  take(chunk: Buffer): void {
    if (this.problem !== undefined) return
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk])
    while (this.problem === undefined && this.step());
  }

  /** The file has ended. */
  finish(): void {
    this.problem ??= this.rest()
  }

  /** What is wrong with the end of the file, if anything. */
  private rest(): string | undefined {
    if (!this.started) {
      return `the file has ${this.pending.length} octets, a pcap header alone has ${HEADER}`
    }
    const frame = this.body > 0 ? this.frames : this.frames + 1
    const where = `at offset ${this.offset} (frame ${frame})`
    if (this.body > 0) return `truncated frame ${where}: ${this.body} octets missing`
    return this.pending.length > 0 ? `truncated record header ${where}` : undefined
  }

  /** Consumes one piece of what is pending; false when more must come first. */
  private step(): boolean {
    if (this.body > 0) {
      const length = Math.min(this.body, this.pending.length)
      if (length === 0) return false
      this.pass(length)
      this.body -= length
      return true
    }
    if (!this.started) return this.pending.length >= HEADER && this.header()
    return this.pending.length >= RECORD && this.record()
  }

  private pass(length: number): void {
    this.out(Buffer.from(this.pending.subarray(0, length)))
    this.pending = this.pending.subarray(length)
    this.offset += length
  }

  private u32(at: number): number {
    return this.little ? this.pending.readUInt32LE(at) : this.pending.readUInt32BE(at)
  }

  private u16(at: number): number {
    return this.little ? this.pending.readUInt16LE(at) : this.pending.readUInt16BE(at)
  }

  private refuse(problem: string): false {
    this.problem = problem
    return false
  }

  private header(): boolean {
    const magic = this.pending.readUInt32BE(0)
    const format = MAGICS.get(magic)
    if (format === undefined) {
      const digits = magic.toString(16).padStart(8, '0')
      return this.refuse(`unknown magic number 0x${digits} at offset 0: not a pcap file`)
    }
    this.little = format.little
    this.unitNs = format.unitNs
    const version = `${this.u16(4)}.${this.u16(6)}`
    if (version !== '2.4') {
      return this.refuse(`pcap version ${version} at offset 4; known: 2.4`)
    }
    const link = this.u32(20) & 0x03ffffff // above stand bits about the FCS
    if (link !== 1) return this.refuse(`link type ${link} at offset 20; known: 1 (Ethernet)`)
    const snapLen = this.u32(16)
    this.snapLen = snapLen === 0 ? LONGEST : Math.min(snapLen, LONGEST)
    const header = Buffer.from(this.pending.subarray(0, HEADER))
    header.writeUInt32BE(this.little ? 0xd4c3b2a1 : 0xa1b2c3d4, 0)
    if (this.little) header.writeUInt32LE(link, 20)
    else header.writeUInt32BE(link, 20)
    this.out(header)
    this.pending = this.pending.subarray(HEADER)
    this.offset = HEADER
    this.started = true
    return true
  }

  private record(): boolean {
    const where = `at offset ${this.offset} (frame ${this.frames + 1})`
    const fraction = this.u32(4)
    const captured = this.u32(8)
    if (captured > this.snapLen) {
      const limit = `the file's snap length is ${this.snapLen}`
      return this.refuse(`absurd length ${captured} ${where}: ${limit}`)
    }
    if (fraction * this.unitNs >= 1_000_000_000) {
      return this.refuse(`fraction of a second out of range (${fraction}) ${where}`)
    }
    this.pass(RECORD)
    this.body = captured
    this.frames++
    return true
  }
}

/**
 * Reads a capture file of either format. A damaged file gives the frames before the damage and its
 * `problem`; a file that cannot be opened rejects with the error of the system.
 */
export async function readPcapFile(path: string): Promise<CaptureFile> {
  if (await isPcapng(path)) return readCapture(new Uint8Array(await readFile(path)))
  const guard = new PcapGuard()
  const input = createReadStream(path)
  const records: CaptureRecord[] = []
  await new Promise<void>((resolve, reject) => {
    input.on('error', reject)
    pcapParser()
      .parse(input.pipe(guard.stream))
      .on('packet', (packet: Packet) => records.push(recordOf(packet, guard.unitNs)))
      .on('error', reject)
      .on('end', resolve)
  })
  const { problem } = guard
  const file = { format: 'pcap', interfaces: [''], records } as const
  return problem === undefined ? file : { ...file, problem }
}

/**
 * The same in one go, for captures that a sheet names: the parser is fed without a stream, and so
 * without waiting. Throws the error of the system when the file cannot be read.
 */
export function readPcapNow(path: string): CaptureFile {
  const octets = readFileSync(path)
  if (octets.length >= 4 && octets.readUInt32BE(0) === PCAPNG) {
    return readCapture(new Uint8Array(octets))
  }
  const records: CaptureRecord[] = []
  const source = Object.assign(new EventEmitter(), { pause() {}, resume() {} })
  const guard = new PcapGuard((piece) => source.emit('data', piece))
  pcapParser()
    .parse(source)
    .on('packet', (packet: Packet) => records.push(recordOf(packet, guard.unitNs)))
  guard.take(octets)
  guard.finish()
  const file = { format: 'pcap', interfaces: [''], records } as const
  return guard.problem === undefined ? file : { ...file, problem: guard.problem }
}

async function isPcapng(path: string): Promise<boolean> {
  const handle = await open(path)
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 && buffer.readUInt32BE(0) === PCAPNG
  } finally {
    await handle.close()
  }
}

/** pcap-parser's data shares memory with the chunk it came in, so it is copied. */
function recordOf({ header, data }: Packet, unitNs: number): CaptureRecord {
  return {
    seconds: header.timestampSeconds,
    nanoseconds: header.timestampMicroseconds * unitNs,
    bytes: Uint8Array.from(data),
    originalLen: header.originalLength,
    interfaceId: 0,
    direction: 0,
    comments: [],
  }
}
