import { add, type Layer, latin1, openLayer, type Scope } from './dissection.ts'

const REQUEST = /^([A-Z][A-Z-]{1,16}) ([^ ]+) (HTTP\/1\.[01])$/
const RESPONSE = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/
const LONGEST_LINE = 8192

/** Header names with a field of their own. */
const HEADERS: ReadonlyMap<string, string> = new Map(
  [
    ...['host', 'user-agent', 'accept', 'accept-encoding', 'accept-language', 'authorization'],
    ...['cache-control', 'connection', 'content-encoding', 'content-type', 'cookie', 'date'],
    ...['last-modified', 'location', 'referer', 'server', 'set-cookie', 'transfer-encoding'],
    'x-forwarded-for',
  ].map((name): [string, string] => [name, `http.${name.replaceAll('-', '_')}`]),
)

/**
 * HTTP/1.x (RFC 9112) of a segment that begins with a request or status line, on any port. Returns
 * whether it was one.
 */
export function dissectHttp(scope: Scope, start: number, end: number, into: Layer[]): boolean {
  const { bytes } = scope
  if (!mayBegin(bytes, start, end)) return false
  const first = lineEnd(bytes, start, end)
  const line = latin1(bytes, start, first)
  const request = REQUEST.exec(line)
  const response = request === null ? RESPONSE.exec(line) : null
  if (request === null && response === null) return false
  const http = openLayer(into, 'http', start, end)
  if (request !== null) {
    const [, method, uri, version] = request
    add(http, 'http.request', true, start, 0)
    add(http, 'http.request.method', method!, start, method!.length)
    add(http, 'http.request.uri', uri!, start + method!.length + 1, uri!.length)
    add(http, 'http.request.version', version!, first - 8, 8)
  } else if (response !== null) {
    const [, version, code, phrase] = response
    add(http, 'http.response', true, start, 0)
    add(http, 'http.response.version', version!, start, 8)
    add(http, 'http.response.code', Number(code), start + 9, 3)
    if (phrase !== undefined) add(http, 'http.response.phrase', phrase, start + 13, phrase.length)
  }
  headers(scope, http, first + 2, end, request !== null)
  return true
}

/** Looks at the first octets only: capital letters up to a space or slash. Most data ends here. */
function mayBegin(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + 18)
  for (let i = start; i < limit; i++) {
    const octet = bytes[i]!
    if (octet === 0x20 || octet === 0x2f) return i > start
    if ((octet < 0x41 || octet > 0x5a) && octet !== 0x2d) return false
  }
  return false
}

function headers(scope: Scope, http: Layer, start: number, end: number, request: boolean): void {
  const { bytes } = scope
  let at = start
  while (at < end) {
    const stop = lineEnd(bytes, at, end)
    if (stop === at) {
      const body = Math.min(stop + 2, end)
      if (body < end) add(http, 'http.file_data', bytes.subarray(body, end), body, end - body)
      return
    }
    const line = latin1(bytes, at, stop)
    const length = Math.min(stop + 2, end) - at
    add(http, request ? 'http.request.line' : 'http.response.line', `${line}\r\n`, at, length)
    header(http, line, at, length)
    at = stop + 2
  }
}

function header(http: Layer, line: string, at: number, length: number): void {
  const colon = line.indexOf(':')
  if (colon < 1) return
  const name = line.slice(0, colon).toLowerCase()
  const value = line.slice(colon + 1).trim()
  const field = HEADERS.get(name)
  if (field !== undefined) add(http, field, value, at, length)
  if (name === 'content-length') {
    add(http, 'http.content_length_header', value, at, length)
    if (/^\d{1,15}$/.test(value)) add(http, 'http.content_length', Number(value), at, length)
  }
}

/** Offset of the CR LF that ends the line, or of the end. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + LONGEST_LINE)
  for (let i = start; i + 1 < limit; i++) if (bytes[i] === 13 && bytes[i + 1] === 10) return i
  return limit
}
