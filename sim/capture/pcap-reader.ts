import { type CaptureFile, type CaptureRecord, LONGEST } from './record.ts'

const HEADER = 24 // octets of the file header
const RECORD = 16 // octets of a record header
const ETHERNET = 1

interface Format {
  readonly littleEndian: boolean
  /** Nanoseconds in one unit of the second time field. */
  readonly unitNs: number
}

/** Order of octets and unit of time that the first four octets announce. */
export function formatOf(magic: number): Format | undefined {
  if (magic === 0xd4c3b2a1) return { littleEndian: true, unitNs: 1000 }
  if (magic === 0xa1b2c3d4) return { littleEndian: false, unitNs: 1000 }
  if (magic === 0x4d3cb2a1) return { littleEndian: true, unitNs: 1 }
  if (magic === 0xa1b23c4d) return { littleEndian: false, unitNs: 1 }
  return undefined
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`

/** Reads a classic pcap file: micro- or nanoseconds, either order of octets, Ethernet only. */
export function readPcap(file: Uint8Array): CaptureFile {
  const v = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const records: CaptureRecord[] = []
  const result = (problem?: string): CaptureFile => ({
    format: 'pcap',
    interfaces: [''],
    records,
    ...(problem === undefined ? {} : { problem }),
  })
  if (file.length < HEADER) {
    return result(`the file has ${file.length} octets, a pcap header alone has ${HEADER}`)
  }
  const format = formatOf(v.getUint32(0))
  if (format === undefined) {
    return result(`unknown magic number ${hex(v.getUint32(0))} at offset 0: not a pcap file`)
  }
  const { littleEndian, unitNs } = format
  const headerProblem = checkHeader(v, littleEndian)
  if (headerProblem !== undefined) return result(headerProblem)
  const snapLen = v.getUint32(16, littleEndian)
  const limit = snapLen === 0 ? LONGEST : Math.min(snapLen, LONGEST)
  let at = HEADER
  while (at < file.length) {
    const where = `at offset ${at} (frame ${records.length + 1})`
    if (at + RECORD > file.length) return result(`truncated record header ${where}`)
    const fraction = v.getUint32(at + 4, littleEndian)
    const captured = v.getUint32(at + 8, littleEndian)
    const original = v.getUint32(at + 12, littleEndian)
    if (captured > limit) {
      return result(`absurd length ${captured} ${where}: the file's snap length is ${snapLen}`)
    }
    if (fraction * unitNs >= 1_000_000_000) {
      return result(`fraction of a second out of range (${fraction}) ${where}`)
    }
    if (at + RECORD + captured > file.length) {
      const there = file.length - at - RECORD
      return result(`truncated frame ${where}: ${captured} octets announced, ${there} there`)
    }
    records.push({
      seconds: v.getUint32(at, littleEndian),
      nanoseconds: fraction * unitNs,
      bytes: file.subarray(at + RECORD, at + RECORD + captured),
      originalLen: original,
      interfaceId: 0,
      direction: 0,
      comments: [],
    })
    at += RECORD + captured
  }
  return result()
}

/**
 * What is wrong with the file header, or undefined. Bits 26-31 of the link type speak of the FCS.
 */
function checkHeader(v: DataView, littleEndian: boolean): string | undefined {
  const major = v.getUint16(4, littleEndian)
  const minor = v.getUint16(6, littleEndian)
  if (major !== 2 || minor !== 4) return `pcap version ${major}.${minor} at offset 4; known: 2.4`
  const link = v.getUint32(20, littleEndian) & 0x03ffffff
  if (link !== ETHERNET) return `link type ${link} at offset 20; known: 1 (Ethernet)`
  return undefined
}
