import { ENHANCED_PACKET, INTERFACE, SECTION } from './pcapng-writer.ts'
import { type CaptureFile, type CaptureRecord, LONGEST } from './record.ts'
import { decodeText } from '../wire/text.ts'

const SIMPLE_PACKET = 3
const ETHERNET = 1

interface Interface {
  readonly name: string
  readonly link: number
  readonly snapLen: number
  /** A time stamp counts units of 10^-digits s, or 2^-bits s. */
  readonly digits: number
  readonly bits: number
}

interface Option {
  readonly code: number
  readonly start: number
  readonly end: number
}

/** What is read of the file so far. */
interface State {
  readonly file: Uint8Array
  readonly v: DataView
  littleEndian: boolean
  /** Interfaces of this section begin here in `interfaces`. */
  base: number
  readonly interfaces: Interface[]
  readonly records: CaptureRecord[]
}

/** Reads a pcapng file of any number of sections; blocks it does not know are passed over. */
export function readPcapng(file: Uint8Array): CaptureFile {
  const state: State = {
    file,
    v: new DataView(file.buffer, file.byteOffset, file.byteLength),
    littleEndian: true,
    base: 0,
    interfaces: [],
    records: [],
  }
  const problem = readBlocks(state)
  return {
    format: 'pcapng',
    interfaces: state.interfaces.map((each) => each.name),
    records: state.records,
    ...(problem === undefined ? {} : { problem }),
  }
}

function readBlocks(state: State): string | undefined {
  const { file, v } = state
  let at = 0
  while (at < file.length) {
    if (at + 12 > file.length) return `truncated block header at offset ${at}`
    if (v.getUint32(at) === SECTION) {
      const order = v.getUint32(at + 8)
      if (order !== 0x1a2b3c4d && order !== 0x4d3c2b1a) {
        return `section at offset ${at} has no byte-order magic`
      }
      state.littleEndian = order === 0x4d3c2b1a
      state.base = state.interfaces.length
    } else if (at === 0) return 'no section header at offset 0: not a pcapng file'
    const type = v.getUint32(at, state.littleEndian)
    const total = v.getUint32(at + 4, state.littleEndian)
    if (total < 12 || (total & 3) !== 0 || total > 64 * 1024 * 1024) {
      return `absurd block length ${total} at offset ${at}`
    }
    if (at + total > file.length) {
      return `truncated block at offset ${at}: ${total} octets announced, ${file.length - at} there`
    }
    if (v.getUint32(at + total - 4, state.littleEndian) !== total) {
      return `the two lengths of the block at offset ${at} differ`
    }
    const problem = readBlock(state, type, at, total)
    if (problem !== undefined) return problem
    at += total
  }
  return file.length === 0 ? 'the file is empty' : undefined
}

function readBlock(state: State, type: number, at: number, total: number): string | undefined {
  if (type === SECTION) {
    if (total < 28) return `absurd block length ${total} at offset ${at}`
    const major = state.v.getUint16(at + 12, state.littleEndian)
    return major === 1 ? undefined : `pcapng version ${major} at offset ${at}; known: 1`
  }
  if (type === INTERFACE) return readInterface(state, at, total)
  if (type === ENHANCED_PACKET) return readPacket(state, at, total)
  if (type === SIMPLE_PACKET) return `simple packet block at offset ${at} carries no time`
  return undefined
}

function readInterface(state: State, at: number, total: number): string | undefined {
  if (total < 20) return `absurd block length ${total} at offset ${at}`
  const { v, littleEndian, file } = state
  let name = ''
  let digits = 6
  let bits = 0
  for (const { code, start, end } of optionsOf(state, at + 16, at + total - 4)) {
    if (code === 2) name = decodeText(file, start, end)
    if (code === 9 && end > start) {
      const resolution = file[start]!
      digits = resolution & 0x80 ? 0 : resolution
      bits = resolution & 0x80 ? resolution & 0x7f : 0
    }
  }
  if (digits > 9 || bits > 30) return `time resolution finer than a nanosecond at offset ${at}`
  state.interfaces.push({
    name,
    link: v.getUint16(at + 8, littleEndian),
    snapLen: v.getUint32(at + 12, littleEndian),
    digits,
    bits,
  })
  return undefined
}

function readPacket(state: State, at: number, total: number): string | undefined {
  const { v, littleEndian, file } = state
  const where = `at offset ${at} (frame ${state.records.length + 1})`
  if (total < 32) return `absurd block length ${total} ${where}`
  const interfaceId = state.base + v.getUint32(at + 8, littleEndian)
  const from = state.interfaces[interfaceId]
  if (from === undefined) return `unknown interface ${interfaceId - state.base} ${where}`
  if (from.link !== ETHERNET) return `link type ${from.link} ${where}; known: 1 (Ethernet)`
  const captured = v.getUint32(at + 20, littleEndian)
  if (captured > total - 32 || captured > LONGEST) return `absurd length ${captured} ${where}`
  const high = v.getUint32(at + 12, littleEndian)
  const low = v.getUint32(at + 16, littleEndian)
  const time = splitTime(high, low, from)
  const comments: string[] = []
  let direction = 0
  const options = at + 28 + ((captured + 3) & ~3)
  for (const { code, start, end } of optionsOf(state, options, at + total - 4)) {
    if (code === 1) comments.push(decodeText(file, start, end))
    if (code === 2 && end - start === 4) direction = v.getUint32(start, littleEndian) & 3
  }
  state.records.push({
    seconds: time.seconds,
    nanoseconds: time.nanoseconds,
    bytes: file.subarray(at + 28, at + 28 + captured),
    originalLen: v.getUint32(at + 24, littleEndian),
    interfaceId,
    direction,
    comments,
  })
  return undefined
}

/** Options of `file[at .. end)`; a malformed one ends the list. */
function optionsOf(state: State, at: number, end: number): Option[] {
  const options: Option[] = []
  let i = at
  while (i + 4 <= end) {
    const code = state.v.getUint16(i, state.littleEndian)
    const length = state.v.getUint16(i + 2, state.littleEndian)
    if (code === 0 || i + 4 + length > end) break
    options.push({ code, start: i + 4, end: i + 4 + length })
    i += 4 + ((length + 3) & ~3)
  }
  return options
}

/** A 64-bit count of units into seconds and nanoseconds: long division by 16-bit digits. */
function splitTime(
  high: number,
  low: number,
  from: Interface,
): { seconds: number; nanoseconds: number } {
  let perSecond = 1
  for (let i = 0; i < from.digits; i++) perSecond *= 10
  for (let i = 0; i < from.bits; i++) perSecond *= 2
  let seconds = 0
  let rest = 0
  for (const digit of [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff]) {
    const value = rest * 65536 + digit
    seconds = seconds * 65536 + Math.floor(value / perSecond)
    rest = value % perSecond
  }
  let nanoseconds = rest
  if (from.bits > 0) nanoseconds = Math.floor((rest / perSecond) * 1_000_000_000)
  else for (let i = from.digits; i < 9; i++) nanoseconds *= 10
  return { seconds, nanoseconds }
}
