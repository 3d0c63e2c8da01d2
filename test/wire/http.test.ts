import { KnownHeads } from '../../sim/wire/http-heads.ts'
import { header, mergedHeaders, MessageReader, writeHead } from '../../sim/wire/http.ts'
import { decodeLatin, encodeText } from '../../sim/wire/text.ts'
import { assert, cases, suite } from '../lib/harness.ts'

// RFC 9112 §2.1 and RFC 9110 §3.9: a request of curl and the response to it.
const REQUEST = [
  'GET /hello.txt HTTP/1.1',
  'User-Agent: curl/7.64.1',
  'Host: www.example.com',
  'Accept-Language: en, mi',
  '',
  '',
].join('\r\n')
const RESPONSE = [
  'HTTP/1.1 200 OK',
  'Date: Mon, 27 Jul 2009 12:28:53 GMT',
  'Server: Apache',
  'Last-Modified: Wed, 22 Jul 2009 19:15:56 GMT',
  'ETag: "34aa387-d-1568eb00"',
  'Accept-Ranges: bytes',
  'Content-Length: 51',
  'Vary: Accept-Encoding',
  'Content-Type: text/plain',
  '',
  'Hello World! My content includes a trailing CRLF.\r\n',
].join('\r\n')
const CHUNKED = [
  'HTTP/1.1 200 OK',
  'Transfer-Encoding: chunked',
  '',
  '7;name=value',
  'Mozilla',
  '11',
  'Developer Network',
  '0',
  'X-Trailer: last',
  '',
  '',
].join('\r\n')

/** A reader that was given the text in pieces of so many octets. */
function reader(kind: 'request' | 'response', text: string, piece: number): MessageReader {
  const made = new MessageReader(kind, 1000)
  const octets = encodeText(text)
  for (let at = 0; at < octets.length; at += piece) made.push(octets.slice(at, at + piece))
  return made
}

suite('http messages', (test) => {
  test('the request of RFC 9112 §2.1 is read', () => {
    const read = reader('request', REQUEST, 1000)
    assert.is(read.complete, true)
    assert.is(read.startLine, 'GET /hello.txt HTTP/1.1')
    assert.is(header(read.headers, 'HOST'), 'www.example.com')
    assert.is(header(read.headers, 'Cookie'), undefined)
    assert.is(read.closes, false)
  })

  test('the response of RFC 9110 §3.9 is complete with its 51st octet, not before', () => {
    for (const piece of [1, 2, 3, 7, 50, 1000]) {
      const short = reader('response', RESPONSE.slice(0, -1), piece)
      assert.is(short.complete, false, `pieces of ${piece}`)
      const read = reader('response', RESPONSE, piece)
      assert.is(read.complete, true, `pieces of ${piece}`)
      assert.is(read.status, 200)
      assert.is(read.bodyOctets, 51)
      assert.is(read.body, 'Hello World! My content includes a trailing CRLF.\r\n')
    }
  })

  test('chunks are put together, their extensions and trailers are no part of the body', () => {
    for (const piece of [1, 2, 3, 7, 50, 1000]) {
      const read = reader('response', CHUNKED, piece)
      assert.is(read.problem, undefined)
      assert.is(read.complete, true, `pieces of ${piece}`)
      assert.is(read.body, 'MozillaDeveloper Network')
      assert.is(read.bodyOctets, 24)
    }
  })

  test('a response without a length lasts until its connection ends', () => {
    const read = reader('response', 'HTTP/1.0 200 OK\r\n\r\nall of it', 4)
    assert.is(read.complete, false)
    read.end()
    assert.is(read.complete, true)
    assert.is(read.body, 'all of it')
    assert.is(read.closes, true)
  })

  test('an end in the middle of a body of known length does not complete it', () => {
    const read = reader('response', RESPONSE.slice(0, -1), 1000)
    read.end()
    assert.is(read.complete, false)
  })

  test('requests that came together are read one after the other', () => {
    const post = 'POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=b'
    const read = reader('request', `${REQUEST}${post}${REQUEST}`, 1000)
    assert.is(read.startLine, 'GET /hello.txt HTTP/1.1')
    read.next()
    assert.is(read.startLine, 'POST /form HTTP/1.1')
    assert.is(read.body, 'a=b')
    read.next()
    assert.is(read.complete, true)
    assert.is(read.bodyOctets, 0)
    read.next()
    assert.is(read.complete, false)
  })

  test('a body is counted in full and kept up to a limit', () => {
    const made = new MessageReader('response', 5)
    made.push(encodeText(RESPONSE))
    assert.is(made.body, 'Hello')
    assert.is(made.bodyOctets, 51)
  })
})

cases(
  'http responses without a body, whatever their headers say (RFC 9112 §6.3)',
  [
    { name: '204', line: 'HTTP/1.1 204 No Content' },
    { name: '304', line: 'HTTP/1.1 304 Not Modified' },
    { name: '100', line: 'HTTP/1.1 100 Continue' },
  ],
  ({ line }) => {
    assert.is(reader('response', `${line}\r\nContent-Length: 5\r\n\r\n`, 1000).complete, true)
  },
)

cases(
  'http messages that are refused',
  [
    {
      name: 'no HTTP',
      kind: 'request',
      text: 'EHLO there\r\n\r\n',
      problem: 'http-bad-start-line',
    },
    {
      name: 'HTTP/2 in the clear',
      kind: 'request',
      text: 'PRI * HTTP/2.0\r\n\r\n',
      problem: 'http-bad-start-line',
    },
    {
      name: 'a blank before the colon (RFC 9112 §5.1)',
      kind: 'request',
      text: 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
      problem: 'http-bad-header',
    },
    {
      name: 'a folded line (RFC 9112 §5.2)',
      kind: 'request',
      text: 'GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n',
      problem: 'http-bad-header',
    },
    {
      name: 'a length that is no number',
      kind: 'response',
      text: 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
      problem: 'http-bad-length',
    },
    {
      name: 'two lengths that differ (RFC 9112 §6.3)',
      kind: 'request',
      text: 'POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
      problem: 'http-bad-length',
    },
    {
      name: 'a length and chunks (request smuggling, RFC 9112 §11.2)',
      kind: 'request',
      text: 'POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      problem: 'http-bad-length',
    },
    {
      name: 'a chunk without a size',
      kind: 'response',
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
      problem: 'http-bad-chunk',
    },
    {
      name: 'a chunk longer than it says',
      kind: 'response',
      text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n',
      problem: 'http-bad-chunk',
    },
    {
      name: 'a head without an end',
      kind: 'request',
      text: `GET / HTTP/1.1\r\nX: ${'y'.repeat(70000)}`,
      problem: 'http-head-too-long',
    },
  ] as const,
  ({ kind, text, problem }) => {
    const read = reader(kind, text, 100_000)
    assert.is(read.problem, problem)
    assert.is(read.complete, false)
  },
)

cases(
  'who closes (RFC 9112 §9.3)',
  [
    { name: 'HTTP/1.1 stays', text: 'GET / HTTP/1.1\r\n\r\n', closes: false },
    {
      name: 'HTTP/1.1 with close',
      text: 'GET / HTTP/1.1\r\nConnection: Close\r\n\r\n',
      closes: true,
    },
    { name: 'HTTP/1.0 closes', text: 'GET / HTTP/1.0\r\n\r\n', closes: true },
    {
      name: 'HTTP/1.0 with keep-alive',
      text: 'GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n',
      closes: false,
    },
  ],
  ({ text, closes }) => assert.is(reader('request', text, 1000).closes, closes),
)

suite('http heads', (test) => {
  test('a head that is known says what it says when it is read anew', () => {
    const heads = new KnownHeads()
    const texts = [RESPONSE, CHUNKED, RESPONSE.replace('200 OK', '404 No'), RESPONSE, CHUNKED]
    for (const text of texts) {
      const fresh = reader('response', text, 1000)
      const read = new MessageReader('response', 1000, heads)
      read.push(encodeText(text))
      assert.is(read.startLine, fresh.startLine)
      assert.equal(read.headers, fresh.headers)
      assert.is(read.status, fresh.status)
      assert.is(read.body, fresh.body)
      assert.is(read.complete, true)
    }
    // Three different heads: the last two texts were known.
    const known = [heads.find(encodeText(RESPONSE)), heads.find(encodeText(CHUNKED))]
    assert.ok(known[0] !== undefined && known[1] !== undefined && known[0] !== known[1])
    assert.is(heads.find(encodeText(RESPONSE.slice(0, 40))), undefined)
  })

  test('headers keep their order, one in place of its equal, none for those set to none', () => {
    const merged = mergedHeaders(
      [
        ['Host', 'a'],
        ['User-Agent', 'curl'],
        ['Accept', '*/*'],
      ],
      [
        ['user-agent', 'none'],
        ['X-One', '1'],
        ['accept', 'text/html'],
      ],
    )
    const head = writeHead('GET / HTTP/1.1', merged)
    assert.is(
      decodeLatin(head, 0, head.length),
      'GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nX-One: 1\r\n\r\n',
    )
  })
})
