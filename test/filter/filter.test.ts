import { readFileSync } from 'node:fs'
import { compile, type Filter, type Mistake } from '../../sim/filter/index.ts'
import { Conversations, type Dissection, dissect } from '../../sim/judge/index.ts'
import { mixRecords, writeMix } from '../capture/mix.ts'
import { tshark, tsharkProblem } from '../capture/tshark.ts'
import { assert, cases, skip, suite } from '../lib/harness.ts'

const conversations = new Conversations()
const frames: Dissection[] = mixRecords.map(({ bytes }) => {
  const d = dissect(bytes, 0, bytes.length)
  conversations.annotate(d)
  return d
})

function filterOf(text: string): Filter {
  const filter = compile(text)
  if ('problem' in filter) throw new Error(`${text}: ${filter.problem}`)
  return filter
}

/** `3-5 9`: numbers of the frames that match. */
function matching(text: string): string {
  const filter = filterOf(text)
  return ranges(frames.flatMap((d, i) => (filter.test(d) ? [i + 1] : [])))
}

function ranges(numbers: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < numbers.length; i++) {
    const first = numbers[i]!
    while (numbers[i + 1] === numbers[i]! + 1) i++
    parts.push(numbers[i] === first ? `${first}` : `${first}-${numbers[i]!}`)
  }
  return parts.join(' ')
}

/** What tshark 4.0.17 found in the captures of the mix, one after the other. */
const expected = JSON.parse(
  readFileSync(new URL('./tshark.json', import.meta.url), 'utf8'),
) as Record<string, string>

/**
 * On purpose: a protocol's octets end with the frame here, with the quote there; after an ICMP
 * error tshark reads the junk of a datagram to port 53 as DNS again.
 */
const APART: readonly RegExp[] = [/^dns/, /^tcp\[/]

cases(
  'filter: matches what tshark matches',
  Object.entries(expected)
    .filter(([text]) => !APART.some((pattern) => pattern.test(text)))
    .map(([name, numbers]) => ({ name, numbers })),
  ({ name, numbers }) => assert.is(matching(name), numbers),
)

if (tsharkProblem !== undefined) skip('filter: tshark still says so', tsharkProblem)
else {
  suite('filter: tshark still says so', (test) => {
    const path = writeMix()
    for (const text of [
      'ip.addr != 172.16.20.1',
      'tcp.port in {79..81} && !http',
      'tcp.ack == 89',
    ]) {
      test(text, () => {
        const numbers = tshark(path, '-Y', text, '-T', 'fields', '-e', 'frame.number').map(Number)
        assert.ok(numbers.length > 0)
        assert.is(matching(text), ranges(numbers))
      })
    }
  })
}

/** Texts that tshark 4.0.17 refuses too. */
const mistakes: readonly (Mistake & { readonly name: string })[] = [
  {
    name: '',
    problem: 'the filter is empty',
    column: 1,
    hint: "YAML reads an unquoted !tcp as a tag: write '!tcp' in quotes",
  },
  {
    name: 'tcp.flags.rst == 1',
    problem: "unknown field 'tcp.flags.rst'",
    column: 1,
    hint: "did you mean 'tcp.flags.reset'?",
  },
  {
    name: 'arp || ip.scr == 10.0.0.1',
    problem: "unknown field 'ip.scr'",
    column: 8,
    hint: "did you mean 'ip.src'?",
  },
  { name: 'foo.bar == 1', problem: "unknown field 'foo.bar'", column: 1 },
  {
    name: 'tcp.analysis.retransmission',
    problem: "'tcp.analysis.retransmission' is Wireshark's own analysis",
    column: 1,
    hint: 'count segments by tcp.seq and tcp.len instead',
  },
  {
    name: 'tcp.port = 80',
    problem: "'=' alone is no comparison",
    column: 10,
    hint: "write '=='",
  },
  {
    name: 'tcp.port == 80 | udp',
    problem: "'|' is no operator",
    column: 16,
    hint: "write '||' or 'or'",
  },
  {
    name: '80 == tcp.port',
    problem: 'a field must stand on the left of a comparison',
    column: 1,
    hint: 'turn it round',
  },
  {
    name: 'ip.addr == 1.2.3',
    problem: "'1.2.3' is no IPv4 address, which 'ip.addr' is compared with",
    column: 12,
  },
  {
    name: 'ip.addr == 10.0.0.0/33',
    problem: "'10.0.0.0/33' is no IPv4 address, which 'ip.addr' is compared with",
    column: 12,
  },
  {
    name: 'ip.src == "10.0.0.1"',
    problem: "'ip.src' is no text and takes nothing in quotes",
    column: 11,
    hint: 'leave the quotes out',
  },
  { name: 'tcp.port == 70000', problem: '70000 is no port; the highest is 65535', column: 13 },
  {
    name: 'tcp.port == http',
    problem: "'tcp.port' and 'http' cannot be compared: number and sequence of octets",
    column: 10,
  },
  {
    name: 'ip.addr in 10.0.0.0/8',
    problem: "a set in braces must follow 'in'",
    column: 12,
    hint: 'in {80, 443}',
  },
  {
    name: 'tcp.port in {80 443}',
    problem: 'elements of a set stand apart by commas',
    column: 17,
  },
  {
    name: 'tcp.port contains "8"',
    problem: "'tcp.port' is no text or sequence of octets, so 'contains' cannot act on it",
    column: 10,
  },
  { name: '(tcp', problem: "'(' is never closed by ')'", column: 1 },
  { name: 'tcp)', problem: "')' closes nothing", column: 4 },
  {
    name: 'tcp udp',
    problem: "'udp' was not expected here",
    column: 5,
    hint: "join tests with '&&' or '||'",
  },
  {
    name: 'tcp &&',
    problem: 'the filter ends where a field or value should stand',
    column: 7,
  },
  { name: 'frame contains "x', problem: 'a string is never closed', column: 16 },
  {
    name: 'http.request.uri matches "("',
    problem: '"(" is no regular expression',
    column: 26,
  },
  {
    name: 'ip.ttl[0] == 1',
    problem: "'ip.ttl' is a number and cannot be sliced",
    column: 7,
    hint: 'mask it: tcp.flags & 0x02',
  },
]

cases('filter: a mistake is told with its place', mistakes, ({ name, ...mistake }) => {
  const found = compile(name)
  assert.ok('problem' in found, 'it was taken')
  assert.equal(found, mistake)
})

suite('filter: more', (test) => {
  test('knows what it looks at', () => {
    const filter = filterOf('ip.addr == 10.0.0.1 && tcp.flags.syn == 1')
    assert.equal(filter.fields, ['ip.src', 'ip.dst', 'tcp.flags.syn'])
    assert.is(filter.needsConversations, false)
    assert.is(filterOf('tcp.seq == 1').needsConversations, true)
  })

  test('any text is answered, never thrown', () => {
    const parts = [
      'tcp',
      '(',
      ')',
      '==',
      '"',
      '[',
      ']',
      '{',
      '}',
      ',',
      '..',
      '80',
      '!',
      'in',
      '&',
      "'",
    ]
    for (let i = 0; i < parts.length ** 3; i++) {
      const text = [i, i / parts.length, i / parts.length ** 2]
        .map((n) => parts[Math.floor(n) % parts.length]!)
        .join(' ')
      compile(text)
    }
  })
})
