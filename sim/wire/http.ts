import { type BodyMode, type Head, headEnd, type KnownHeads } from './http-heads.ts'
import { decodeLatin, encodeText } from './text.ts'

/**
 * HTTP/1.1 messages (RFC 9112), as far as programs here speak it: one message after the other on a
 * connection, bodies by Content-Length, chunked, or until the end. Header names keep their case and
 * are compared without it.
 */

export type Headers = readonly (readonly [string, string])[]

/** Value of the first header of that name, or undefined. */
export function header(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return headers.find(([key]) => key.toLowerCase() === wanted)?.[1]
}

/** Start line and headers as octets; a header whose value is `none` is left out. */
export function writeHead(startLine: string, headers: Headers): Uint8Array {
  const lines = headers
    .filter(([, value]) => value !== 'none')
    .map(([name, value]) => `${name}: ${value}`)
  return encodeText([startLine, ...lines, '', ''].join('\r\n'))
}

/** Headers of `base` with those of `over` in place of equal names, the others behind. */
export function mergedHeaders(base: Headers, over: Headers): (readonly [string, string])[] {
  const result = base.map(([name, value]) => {
    const replaced = header(over, name)
    return [name, replaced ?? value] as const
  })
  const more = over.filter(([name]) => header(base, name) === undefined)
  return [...result, ...more]
}

/** Reasons of the status codes that programs here send (RFC 9110 §15). */
export const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

const MAX_HEAD = 65536

export type HttpProblem =
  | 'http-head-too-long'
  | 'http-bad-start-line'
  | 'http-bad-header'
  | 'http-bad-length'
  | 'http-bad-chunk'

/**
 * Reads messages from octets as they come. Feed `push`; when `complete` is true the message stands
 * in `startLine`, `headers`, `body`; `next()` begins the one behind it with what is left over.
 */
export class MessageReader {
  startLine = ''
  headers: Headers = []
  /** What stands in the head, kept when the reader has `heads`. */
  head: Head | undefined
  /** Octets of the body so far. */
  bodyOctets = 0
  headDone = false
  complete = false
  problem: HttpProblem | undefined
  private readonly kind: 'request' | 'response'
  /** Octets of body that are kept; the rest is only counted. */
  private readonly keep: number
  private readonly heads: KnownHeads | undefined
  private pending: Uint8Array = new Uint8Array(0)
  private bodyParts: Uint8Array[] = []
  private kept = 0
  private left = 0
  private mode: BodyMode = 'length'
  /** Set before a response to a request that gets no body (HEAD). */
  expectsNoBody = false

  /** `heads`: those that a program has read before. */
  constructor(kind: 'request' | 'response', keep: number, heads?: KnownHeads) {
    this.kind = kind
    this.keep = keep
    this.heads = heads
  }

  /** Status of a response, 0 before its head is done. */
  get status(): number {
    return this.headDone ? Number(this.startLine.slice(9, 12)) : 0
  }

  /** The kept part of the body as text, one character an octet. */
  get body(): string {
    return this.bodyParts.map((part) => decodeLatin(part, 0, part.length)).join('')
  }

  /** Whether the sender will close behind this message. */
  get closes(): boolean {
    const connection = header(this.headers, 'Connection')?.toLowerCase() ?? ''
    if (connection.includes('close')) return true
    const old = this.kind === 'request' ? / HTTP\/1\.0$/ : /^HTTP\/1\.0 /
    return old.test(this.startLine) && !connection.includes('keep-alive')
  }

  /** Takes octets as they arrive; they must not change afterwards. */
  push(octets: Uint8Array): void {
    if (this.complete || this.problem !== undefined) {
      this.pending = joined(this.pending, octets)
      return
    }
    if (this.headDone && this.pending.length === 0 && this.mode === 'length') {
      this.readBody(octets)
      return
    }
    this.readBody(joined(this.pending, octets))
  }

  /** The connection ended: a body that runs to the end is complete now. */
  end(): void {
    if (this.headDone && this.mode === 'end') this.complete = true
  }

  /** Begins the next message. */
  next(): void {
    const rest = this.pending
    this.startLine = ''
    this.headers = []
    this.head = undefined
    this.bodyOctets = 0
    this.headDone = false
    this.complete = false
    this.bodyParts = []
    this.kept = 0
    this.left = 0
    this.mode = 'length'
    this.pending = new Uint8Array(0)
    if (rest.length > 0) this.push(rest)
  }

  private readBody(input: Uint8Array): void {
    let octets = input
    this.pending = new Uint8Array(0)
    if (!this.headDone) {
      const known = this.heads?.find(octets)
      const end = known === undefined ? headEnd(octets) : known.octets.length
      if (end < 0) {
        this.pending = octets
        if (octets.length > MAX_HEAD) this.problem = 'http-head-too-long'
        return
      }
      if (known === undefined) this.readHead(octets, end)
      else this.takeHead(known)
      if (this.problem !== undefined) return
      octets = octets.subarray(end)
    }
    while (!this.complete && this.problem === undefined) {
      const used = this.step(octets)
      if (used < 0) break
      octets = octets.subarray(used)
    }
    this.pending = octets.length === 0 ? octets : octets.slice()
  }

  /** Takes what it can of the body; -1 when it needs more octets. */
  private step(octets: Uint8Array): number {
    switch (this.mode) {
      case 'length':
      case 'chunk': {
        const used = Math.min(this.left, octets.length)
        this.take(octets, used)
        this.left -= used
        if (this.left > 0) return used === 0 ? -1 : used
        if (this.mode === 'length') this.complete = true
        else this.mode = 'chunk-end'
        return used
      }
      case 'end':
        if (octets.length === 0) return -1
        this.take(octets, octets.length)
        return octets.length
      default:
        return this.chunkLine(octets)
    }
  }

  private chunkLine(octets: Uint8Array): number {
    const end = octets.indexOf(10)
    if (end < 0) return -1
    const line = decodeLatin(octets, 0, end).replace(/\r$/, '')
    if (this.mode === 'chunk-end') {
      if (line !== '') this.problem = 'http-bad-chunk'
      this.mode = 'chunk-size'
    } else if (this.mode === 'trailer') {
      if (line === '') this.complete = true
    } else {
      const size = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(line)
      if (size === null) this.problem = 'http-bad-chunk'
      else {
        this.left = Number.parseInt(size[1]!, 16)
        this.mode = this.left === 0 ? 'trailer' : 'chunk'
      }
    }
    return end + 1
  }

  private take(octets: Uint8Array, count: number): void {
    this.bodyOctets += count
    const keep = Math.min(count, this.keep - this.kept)
    if (keep <= 0) return
    this.bodyParts.push(octets.slice(0, keep))
    this.kept += keep
  }

  private readHead(octets: Uint8Array, end: number): void {
    const lines = decodeLatin(octets, 0, end).split(/\r?\n/)
    this.startLine = lines[0]!
    const shape =
      this.kind === 'request' ? /^[A-Z]+ \S+ HTTP\/1\.[01]$/ : /^HTTP\/1\.[01] \d{3}( .*)?$/
    if (!shape.test(this.startLine)) {
      this.problem = 'http-bad-start-line'
      return
    }
    const headers: (readonly [string, string])[] = []
    this.headers = headers
    for (const line of lines.slice(1)) {
      if (line === '') continue
      const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
      if (match === null) {
        this.problem = 'http-bad-header'
        return
      }
      headers.push([match[1]!, match[2]!])
    }
    this.headDone = true
    this.chooseMode()
    if (this.heads === undefined || this.problem !== undefined) return
    const { startLine, mode, left } = this
    this.head = { octets: octets.slice(0, end), startLine, headers, mode, left }
    this.heads.add(this.head)
  }

  private takeHead(head: Head): void {
    this.head = head
    this.startLine = head.startLine
    this.headers = head.headers
    this.headDone = true
    if (this.expectsNoBody) return this.chooseMode()
    this.mode = head.mode
    this.left = head.left
  }

  /** RFC 9112 §6.3: how long the body is. */
  private chooseMode(): void {
    const length = header(this.headers, 'Content-Length')
    const coding = header(this.headers, 'Transfer-Encoding')
    const { status } = this
    const none = this.kind === 'response' && (status === 204 || status === 304 || status < 200)
    if (none || this.expectsNoBody) {
      this.left = 0
    } else if (coding !== undefined) {
      if (length !== undefined || coding.toLowerCase() !== 'chunked')
        this.problem = 'http-bad-length'
      this.mode = 'chunk-size'
    } else if (length !== undefined) {
      const differs = ([name, value]: readonly [string, string]): boolean =>
        name.toLowerCase() === 'content-length' && value !== length
      if (!/^\d{1,15}$/.test(length) || this.headers.some(differs)) this.problem = 'http-bad-length'
      this.left = Number(length)
    } else if (this.kind === 'response') this.mode = 'end'
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
