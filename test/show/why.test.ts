import { createRun, explain, load, type Sheet } from '../../sim/lab/index.ts'
import type { Explanation } from '../../sim/show/explanation.ts'
import { ASCII, type Canvas, PLAIN, UNICODE } from '../../sim/show/paint.ts'
import { why } from '../../sim/show/why.ts'
import { RECEIVED, SENT, type Sink } from '../../sim/trace/index.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { sameAsGolden } from './story.ts'

const HEAD = `aim: A journey with something to tell.
topology: inline
services:
  web: { balancer: lb, vip: 199.237.202.124:80/tcp, forward: dnat, servers: [rs1:8080, rs2:80] }
  log: { balancer: lb, vip: 199.237.202.124:5000/udp, forward: dnat, servers: [rs1:5000] }
  big: { balancer: lb, vip: 199.237.202.124:7/udp, forward: dnat, servers: [rs2:7] }
programs:
  pages: { nodes: [rs1], listen: 8080/tcp, run: web }
  big: { nodes: [rs2], listen: 7/udp, run: echo }
`

/** Port mapping, a complaint of a server, fragments, a port that is closed. */
const SHEET = `title: A bit of everything
${HEAD}steps:
  - { at: 0s, from: client, get: http://199.237.202.124/, source-port: 40000, name: visit }
  - { at: 1s, from: client, datagram: 199.237.202.124:5000/udp, size: 64B, source-port: 40001 }
  - { at: 2s, from: client, datagram: 199.237.202.124:7/udp, size: 2000B, source-port: 40002 }
  - { at: 3s, from: client, get: http://199.237.202.124:81/, source-port: 40003, name: knock }
expect:
  - { response: visit, status: 200 }
`

function sheetOf(text: string): Sheet {
  const loaded = load({ file: 'sheet.yaml', text, read: () => undefined })
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  return loaded.sheet
}

/** What every numbered frame of a run is, from outside the explanation. */
interface Seen {
  readonly place: string
  readonly sent: boolean
  readonly octets: string
}

function framesOf(sheet: Sheet): Seen[] {
  const run = createRun(sheet)
  const seen: Seen[] = []
  const sink: Sink = {
    event(_timeNs, kind, place, frame) {
      const octets = Buffer.from(frame!.bytes.slice(frame!.start, frame!.end)).toString('hex')
      seen.push({ place: run.places.name(place), sent: kind === SENT, octets })
    },
  }
  run.trace.subscribe(SENT | RECEIVED, sink)
  while (!run.advance());
  return seen
}

const sheet = sheetOf(SHEET)
const frames = framesOf(sheet)
const all: Explanation[] = frames.map((_, i) => {
  const explanation = explain(sheet, i + 1)
  if (typeof explanation === 'string') throw new Error(explanation)
  return explanation
})

/** The number of the first frame that a place sends or receives and that reads like this. */
function find(place: string, direction: string, text: string): number {
  const found = all.find(
    (each) => each.place === place && each.direction === direction && each.text.includes(text),
  )
  assert.ok(found !== undefined, `no frame ${place} ${direction} ${text}`)
  return found!.frame
}

const told = (frame: number): Explanation => all[frame - 1]!
const CANVAS: Canvas = { paint: PLAIN, signs: UNICODE, width: 120 }

suite('every frame of a run', (test) => {
  test('has the number of its record in the capture', () => {
    assert.ok(frames.length > 80, `only ${frames.length} frames`)
    for (const [i, { place, sent, octets }] of frames.entries()) {
      const { frame, direction, stays, ...rest } = all[i]!
      assert.equal([frame, rest.frames, rest.place], [i + 1, frames.length, place])
      assert.is(direction, sent ? 'out' : 'in')
      const stay = stays.find((each) => each.events.some(({ number }) => number === i + 1))
      assert.is(sent ? stay?.after : stay?.before, octets)
    }
  })
  test('stands on a way with an end, and its journey is told of every frame on it alike', () => {
    for (const { frame, stays } of all) {
      const way = stays.filter((stay) => !stay.aside)
      assert.ok(
        way.some((stay) => stay.events.some(({ number }) => number === frame)),
        `frame ${frame}`,
      )
      const ends = way.flatMap((stay) => stay.events.map(({ kind }) => kind))
      assert.ok(ends.includes('taken') || ends.includes('dropped'), `frame ${frame} has no end`)
      assert.ok(!ends.includes('unfinished'), `frame ${frame} is unfinished`)
    }
  })
  test('has checksums that follow from the old ones by RFC 1624', () => {
    let count = 0
    for (const { stays } of all) {
      for (const { field, result, after, words } of stays.flatMap((stay) => stay.mendings)) {
        assert.is(result, after, field)
        assert.ok(words.length > 0, `${field} changed for no reason`)
        count++
      }
    }
    assert.ok(count > 100, `only ${count} checksums`)
  })
  test('names each octet that a machine changed', () => {
    for (const { stays } of all) {
      for (const { origin, before, after, changes } of stays) {
        if (before === undefined || after === undefined) continue
        const from = origin === 'arrived' ? 0 : 14
        for (let i = from; i < after.length / 2; i++) {
          if (before.slice(2 * i, 2 * i + 2) === after.slice(2 * i, 2 * i + 2)) continue
          const named = changes.some((change) => change.start <= i && i < change.end)
          assert.ok(named, `octet ${i} of ${after}`)
        }
        assert.ok(changes.every(({ field }) => field !== 'octets'))
      }
    }
  })
})

cases(
  'a journey as text',
  [
    { name: 'syn', place: 'lb.inside', direction: 'out', text: 'S 207.17.117.20:40000' },
    { name: 'reply', place: 'lb.outside', direction: 'out', text: 'S. 199.237.202.124:80' },
    { name: 'flood', place: 'lb.inside', direction: 'out', text: 'arp who-has 172.16.20.1' },
    { name: 'answer', place: 'lb.inside', direction: 'in', text: 'arp 172.16.20.1 is-at' },
    { name: 'error', place: 'lb.outside', direction: 'out', text: 'icmp port-unreachable' },
    { name: 'fragment', place: 'lb.inside', direction: 'out', text: 'fragment 1480' },
    { name: 'dropped', place: 'lb.outside', direction: 'in', text: 'S 207.17.117.20:40003' },
  ],
  ({ name, place, direction, text }) => {
    sameAsGolden(`why-${name}.txt`, why(told(find(place, direction, text)), CANVAS))
  },
)

suite('a journey on the screen', (test) => {
  for (const width of [40, 60, 80, 100, 120]) {
    test(`no line is wider than ${width} columns`, () => {
      for (const [signs, explanation] of [UNICODE, ASCII].flatMap((each) =>
        all.map((one) => [each, one] as const),
      )) {
        for (const line of why(explanation, { paint: PLAIN, signs, width })) {
          assert.ok(line.length <= width, `${line.length} columns: ${line}`)
          if (signs === ASCII) assert.not.match(line, /[^ -~]/)
        }
      }
    })
  }
  test('exactly one line is marked, whatever is asked', () => {
    for (const explanation of all) {
      const marked = why(explanation, CANVAS).filter((line) => line.startsWith(UNICODE.right))
      assert.is(marked.length, 1, `frame ${explanation.frame}`)
    }
  })
  test('a checksum that does not follow is said to be another one', () => {
    const frame = find('lb.inside', 'out', 'S 207.17.117.20:40000')
    const stays = told(frame).stays.map((stay) => ({
      ...stay,
      mendings: stay.mendings.map((mending) => ({ ...mending, after: 0x1234 })),
    }))
    const lines = why({ ...told(frame), stays }, CANVAS)
    assert.ok(lines.some((line) => line.endsWith(', the frame has 1234')))
  })
})

suite('a cable that delivers everything twice', (test) => {
  const twice = sheetOf(`title: Twice
aim: Copies belong to the journey of what they copy.
topology:
  networks: { wire: { subnets: [172.16.20.0/24], duplicate: 100% } }
  nodes:
    client: { interfaces: { eth0: 172.16.20.100/24 } }
    server: { interfaces: { eth0: 172.16.20.1/24 } }
steps: [{ at: 0s, from: client, ping: 172.16.20.1, name: echo }]
expect: [{ response: echo, outcome: ok }]
`)
  const copies = framesOf(twice).map((_, i) => explain(twice, i + 1))
  test('leaves no stay without an end', () => {
    assert.ok(copies.length >= 12)
    for (const each of copies) {
      assert.ok(typeof each !== 'string')
      const kinds = (each as Explanation).stays.flatMap((stay) => stay.events)
      assert.ok(kinds.every(({ kind }) => kind !== 'unfinished'))
    }
  })
  test('and what a copy brings about still answers it', () => {
    const answers = copies.filter((each) => {
      const { text, links } = each as Explanation
      const back = links.find(({ follows, relation }) => !follows && relation === 'answers')
      return / is-at |echo-reply/.test(text) && back !== undefined && back.number > 0
    })
    const all = copies.filter((each) => / is-at |echo-reply/.test((each as Explanation).text))
    assert.is(answers.length, all.length)
  })
})

suite('numbers that no frame has', (test) => {
  test('are answered with the range', () => {
    assert.is(
      explain(sheet, frames.length + 1),
      `frame ${frames.length + 1} is not in this run; its frames are 1 to ${frames.length}`,
    )
  })
  test('and a run without frames has none', () => {
    const quiet = sheetOf(
      `title: Quiet\n${HEAD}steps: [{ at: 0s, flush: lb.neighbours }]
expect: [{ count: 0, where: lb.inside }]
`,
    )
    assert.is(explain(quiet, 1), 'frame 1 is not in this run; it has no frames at all')
  })
})
