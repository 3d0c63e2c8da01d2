import { type Address, formatAddress } from './address.ts'
import { encodeText } from './text.ts'

/** DNS messages (RFC 1035 §4): one question, answers of type A, AAAA and CNAME. */

export const TYPE_A = 1
export const TYPE_CNAME = 5
export const TYPE_AAAA = 28
const CLASS_IN = 1
const HEADER_LEN = 12
/** A name that jumps more often than this runs in a circle. */
const MAX_JUMPS = 32

export const NO_ERROR = 0
export const FORMAT_ERROR = 1
export const NAME_ERROR = 3
export const NOT_IMPLEMENTED = 4

export interface Answer {
  readonly name: string
  readonly type: number
  readonly ttlSeconds: number
  /** For A and AAAA. */
  readonly address: Address | undefined
  /** For CNAME. */
  readonly target: string | undefined
}

export interface Message {
  readonly id: number
  readonly isResponse: boolean
  readonly rcode: number
  readonly name: string
  readonly type: number
  readonly answers: readonly Answer[]
}

/** A recursive query for one name. */
export function writeQuery(id: number, name: string, type: number): Uint8Array {
  const writer = new Writer()
  writer.header(id, 0x0100, 0)
  writer.question(name, type)
  return writer.octets()
}

/**
 * The response to `query` with addresses of `query.type`; the owner name is a pointer to the
 * question (RFC 1035 §4.1.4). Recursion is available; `authoritative`: it comes from the zone's own
 * server.
 */
export function writeResponse(
  query: Message,
  rcode: number,
  addresses: readonly Address[],
  ttlSeconds: number,
  authoritative = true,
): Uint8Array {
  const writer = new Writer()
  writer.header(query.id, (authoritative ? 0x8580 : 0x8180) | rcode, addresses.length)
  writer.question(query.name, query.type)
  for (const address of addresses) writer.address(address, ttlSeconds)
  return writer.octets()
}

/** Reads a message, or says why it cannot be read. */
export function read(octets: Uint8Array): Message | 'dns-truncated' | 'dns-bad-name' {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  if (octets.length < HEADER_LEN) return 'dns-truncated'
  const flags = view.getUint16(2)
  const questions = view.getUint16(4)
  const count = view.getUint16(6)
  let at = HEADER_LEN
  let name = ''
  let type = 0
  for (let i = 0; i < questions; i++) {
    const read = readName(octets, at)
    if (read === undefined) return 'dns-bad-name'
    if (read.next + 4 > octets.length) return 'dns-truncated'
    name = read.name
    type = view.getUint16(read.next)
    at = read.next + 4
  }
  const answers: Answer[] = []
  for (let i = 0; i < count; i++) {
    const owner = readName(octets, at)
    if (owner === undefined) return 'dns-bad-name'
    const fixed = owner.next
    if (fixed + 10 > octets.length) return 'dns-truncated'
    const length = view.getUint16(fixed + 8)
    at = fixed + 10 + length
    if (at > octets.length) return 'dns-truncated'
    answers.push(readAnswer(octets, view, owner.name, fixed, length))
  }
  const isResponse = (flags & 0x8000) !== 0
  return { id: view.getUint16(0), isResponse, rcode: flags & 0x0f, name, type, answers }
}

function readAnswer(
  octets: Uint8Array,
  view: DataView,
  name: string,
  fixed: number,
  length: number,
): Answer {
  const type = view.getUint16(fixed)
  const ttlSeconds = view.getUint32(fixed + 4)
  const data = fixed + 10
  let address: Address | undefined
  let target: string | undefined
  if (type === TYPE_A && length === 4) address = { family: 4, v4: view.getUint32(data) }
  if (type === TYPE_AAAA && length === 16) {
    const word = (i: number): number => view.getUint32(data + i * 4)
    address = { family: 6, words: [word(0), word(1), word(2), word(3)] }
  }
  if (type === TYPE_CNAME) target = readName(octets, data)?.name
  return { name, type, ttlSeconds, address, target }
}

/** A name at `start` and the offset behind it; undefined when it runs out, or in a circle. */
function readName(octets: Uint8Array, start: number): { name: string; next: number } | undefined {
  const labels: string[] = []
  let at = start
  let next = -1
  for (let jumps = 0; jumps < MAX_JUMPS; ) {
    const length = octets[at]
    if (length === undefined) return undefined
    if (length === 0) return { name: labels.join('.'), next: next < 0 ? at + 1 : next }
    if (length >= 0xc0) {
      const low = octets[at + 1]
      if (low === undefined) return undefined
      if (next < 0) next = at + 2
      at = ((length & 0x3f) << 8) | low
      jumps++
      continue
    }
    if (length > 63 || at + 1 + length > octets.length) return undefined
    let label = ''
    for (let i = 1; i <= length; i++) label += String.fromCharCode(octets[at + i]!)
    labels.push(label)
    at += 1 + length
  }
  return undefined
}

class Writer {
  private readonly list: number[] = []

  header(id: number, flags: number, answers: number): void {
    this.word(id)
    this.word(flags)
    this.word(1)
    this.word(answers)
    this.word(0)
    this.word(0)
  }

  question(name: string, type: number): void {
    for (const label of name.split('.')) {
      if (label === '') continue
      const octets = encodeText(label)
      this.list.push(octets.length, ...octets)
    }
    this.list.push(0)
    this.word(type)
    this.word(CLASS_IN)
  }

  address(address: Address, ttlSeconds: number): void {
    this.word(0xc000 | HEADER_LEN)
    this.word(address.family === 4 ? TYPE_A : TYPE_AAAA)
    this.word(CLASS_IN)
    this.long(ttlSeconds)
    const words = address.family === 4 ? [address.v4] : address.words
    this.word(words.length * 4)
    for (const word of words) this.long(word)
  }

  octets(): Uint8Array {
    return Uint8Array.from(this.list)
  }

  private word(value: number): void {
    this.list.push((value >>> 8) & 0xff, value & 0xff)
  }

  private long(value: number): void {
    this.word(value >>> 16)
    this.word(value & 0xffff)
  }
}

/** `www.example.com A 203.0.113.11`, for people. */
export function describeAnswer(answer: Answer): string {
  const value = answer.address === undefined ? (answer.target ?? '') : formatAddress(answer.address)
  const type =
    answer.type === TYPE_A ? 'A' : answer.type === TYPE_AAAA ? 'AAAA' : `type ${answer.type}`
  return `${answer.name} ${answer.target === undefined ? type : 'CNAME'} ${value}`
}
