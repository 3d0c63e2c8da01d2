import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { parseSegment, type Segment } from './segment-line.ts'

/** One line: so much time after the line before, something happens or is awaited. */
export interface Line {
  readonly afterNs: number
  readonly event: Event
  readonly text: string
  /** `test/tcp/name.yaml:12`. */
  readonly place: string
}

export type Event =
  /** `<`: the peer sends a segment. */
  | { readonly kind: 'in'; readonly segment: Segment }
  /** `< icmp NAME [MTU] about SEQUENCE`: an error about a segment of the endpoint. */
  | { readonly kind: 'icmp'; readonly name: string; readonly mtu: number; readonly about: number }
  /** `>`: the endpoint sends a segment. */
  | { readonly kind: 'out'; readonly segment: Segment }
  /** `do CALL [= RESULT]`: the program calls the endpoint. */
  | { readonly kind: 'do'; readonly call: readonly string[]; readonly result: string | undefined }
  /** `silence`: nothing has left until now. */
  | { readonly kind: 'silence' }

export interface Timeline {
  readonly behaviour: string
  readonly source: string
  /** Kernel settings of the endpoint. */
  readonly host: Readonly<Record<string, number>>
  readonly mtu: number
  /** The peer's first sequence number. */
  readonly peerIsn: number
  readonly lines: readonly Line[]
}

const KEYS = ['behaviour', 'source', 'host', 'mtu', 'peer-isn', 'timeline']
const NS: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9, '': 1e9 }

/** Reads a timeline; every mistake is an Error that begins with file and line. */
export function readTimeline(path: string, text: string): Timeline {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter })
  const root = document.contents
  const at = (offset: number): string => `${path}:${counter.linePos(offset).line}`
  if (document.errors.length > 0) {
    throw new Error(`${at(document.errors[0]!.pos[0])}: ${document.errors[0]!.message}`)
  }
  if (!isMap(root)) throw new Error(`${path}:1: a timeline is a map`)
  for (const { key } of root.items) {
    if (!isScalar(key) || !KEYS.includes(String(key.value))) {
      throw new Error(`${at((key as { range: number[] }).range[0]!)}: '${key}' is no key of it`)
    }
  }
  const values = document.toJS() as Record<string, unknown>
  const list = root.get('timeline', true)
  if (!isSeq(list) || list.items.length === 0) throw new Error(`${path}:1: no line of 'timeline'`)
  const lines = list.items.map((item): Line => {
    if (!isScalar(item) || typeof item.value !== 'string') {
      throw new Error(`${path}: a line of 'timeline' is a text`)
    }
    const place = at(item.range![0])
    try {
      return readLine(item.value, place)
    } catch (error) {
      throw new Error(`${place}: ${(error as Error).message}`)
    }
  })
  for (const key of ['behaviour', 'source']) {
    if (typeof values[key] !== 'string') throw new Error(`${path}:1: '${key}' is a sentence`)
  }
  return {
    behaviour: String(values['behaviour']),
    source: String(values['source']),
    host: (values['host'] ?? {}) as Record<string, number>,
    mtu: Number(values['mtu'] ?? 1500),
    peerIsn: Number(values['peer-isn'] ?? 1_000_000),
    lines,
  }
}

/** `+200ms`, `+1.5s`, `+0`, in nanoseconds. */
export function readDuration(text: string): number {
  const parts = /^\+?([\d.]+)(us|ms|s|)$/.exec(text)
  if (parts === null) throw new Error(`'${text}' is no time; write +0, +20ms, +1.5s`)
  return Math.round(Number(parts[1]) * NS[parts[2]!]!)
}

function readLine(text: string, place: string): Line {
  const [time = '', kind = '', ...words] = text.split(' ')
  if (!time.startsWith('+')) throw new Error(`'${time}' is no time after the line before`)
  const afterNs = readDuration(time)
  return { afterNs, event: readEvent(kind, words), text, place }
}

function readEvent(kind: string, words: readonly string[]): Event {
  const rest = words.join(' ')
  if (kind === '<' && words[0] === 'icmp') {
    const parts = /^icmp ([a-z-]+)(?: (\d+))? about (\d+)$/.exec(rest)
    if (parts === null) throw new Error(`write 'icmp NAME [MTU] about SEQUENCE'`)
    return { kind: 'icmp', name: parts[1]!, mtu: Number(parts[2] ?? 0), about: Number(parts[3]) }
  }
  if (kind === '<') return { kind: 'in', segment: parseSegment(rest) }
  if (kind === '>') return { kind: 'out', segment: parseSegment(rest) }
  if (kind === 'silence' && rest === '') return { kind }
  if (kind !== 'do') throw new Error(`'${kind}' stands where <, >, do or silence must`)
  const [call = '', result] = rest.split(' = ')
  return { kind, call: call.split(' '), result }
}
