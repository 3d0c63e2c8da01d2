import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compareSheet } from '../../sim/cli/commands/parity.ts'
import { Interruption } from '../../sim/cli/drive.ts'
import { readPcapNow } from '../../sim/cli/pcap-guard.ts'
import { createRun, formatProblem, load, type Sheet, type Verdict } from '../../sim/lab/index.ts'
import { CONSUMED, CONSUMERS, type Sink } from '../../sim/trace/index.ts'
import { assert, cases, suite } from '../lib/harness.ts'

// Clients that were captured on real wires, sent into labs of ours. The captures are those of
// pcaps/linux; what a real server answered to the same packets stands in them too.

const ROOT = join(import.meta.dirname, '..', '..')
const LABS = join(ROOT, 'scenarios', 'linux')

function sheetOf(text: string, folder = LABS): Sheet {
  const file = join(folder, 'replay.yaml')
  const capture = (name: string) => readPcapNow(join(dirname(file), name))
  const loaded = load({ file, text, read: () => undefined, capture })
  if ('sheet' in loaded) return loaded.sheet
  throw new Error(loaded.errors.map((each) => formatProblem(file, each)).join('\n'))
}

/** A lab of ours whose client is the one of the capture. */
function labWith(name: string, steps: readonly string[], expect: readonly string[]): Sheet {
  const text = readFileSync(join(LABS, `${name}.yaml`), 'utf8')
  const list = (of: readonly string[]): string => of.map((each) => `  - { ${each} }\n`).join('')
  const replaced = text
    .replace(/^steps:\n(?: .*\n)+/m, `steps:\n${list(steps)}`)
    .replace(/^expect:\n(?: .*\n)+/m, `expect:\n${list(expect)}`)
  return sheetOf(replaced)
}

const VISIT = 'at: 0s, from: client, name: visit'
const capture = (name: string, host = 'client'): string =>
  `replay: ../../pcaps/linux/${name}/${host}-eth0.pcap`

cases(
  'replay: the recorded client meets the lab it was recorded in, and every frame is as it was',
  [
    {
      name: '01-inline-dnat',
      steps: [`${VISIT}, ${capture('01-inline-dnat')}`],
      expect: ['response: visit, outcome: ok, server: s1, bytes: 1103B'],
    },
    {
      name: '11-udp-dns',
      steps: [
        `${VISIT}, ${capture('11-udp-dns')}`,
        `at: 38ms, from: client2, name: other, ${capture('11-udp-dns', 'client2')}`,
      ],
      expect: ['response: visit, outcome: ok', 'response: other, outcome: ok, server: s1'],
    },
    {
      name: '12-v6-dnat',
      steps: [`${VISIT}, ${capture('12-v6-dnat')}`],
      expect: ['response: visit, outcome: ok, server: s1, bytes: 1103B'],
    },
    {
      name: '08g-fragments',
      steps: [`${VISIT}, ${capture('08g-fragments')}`],
      expect: ['response: visit, outcome: ok, bytes: 3000B'],
    },
  ],
  async ({ name, steps, expect }) => {
    const sheet = labWith(name, steps, expect)
    const verdict = createRun(sheet).finish()
    assert.ok(verdict.ok, JSON.stringify(verdict.expectations.map(({ failure }) => failure)))
    const interruption = new Interruption()
    const result = await compareSheet(sheet, {}, interruption)
    interruption.end()
    assert.equal(result?.firstDifference, undefined)
    assert.ok(result!.frames > 30, `${result!.frames} frames`)
  },
)

const TWO = `
title: Two machines
aim: A recorded client meets another server.
topology: lan
`

function visit(programs: string, options: string, expect: string): Verdict {
  const step = `at: 0s, from: client, name: visit, ${capture('01-inline-dnat')}`
  const map = 'map: { 199.237.202.124: server }'
  const text = `${TWO}programs: ${programs}
steps:
  - { ${step}, ${map}${options} }
expect:
  - { ${expect} }
`
  return createRun(sheetOf(text)).finish()
}

const web = (size: string): string => {
  const pages = `{ /keep/1024: { size: ${size} } }`
  return `{ site: { nodes: [server], listen: 80/tcp, run: { web: { pages: ${pages} } } } }`
}

/** Whether everything held, the invariants too; the message says what did not. */
function held({ expectations, invariants, notes, ok }: Verdict): void {
  const problems = expectations.flatMap(({ failure }) => failure?.problem ?? [])
  const broken = invariants.flatMap((each) => (each.ok ? [] : [`${each.name}: ${each.detail}`]))
  assert.ok(ok, [...problems, ...broken, ...notes].join('\n'))
}

suite('replay: another lab', (test) => {
  test('addresses of the recording become those of the lab', () => {
    held(
      visit(web('1024B'), '', 'count: 6, where: client.eth0 out, filter: ip.src == 172.16.20.100'),
    )
  })

  test('of a pcapng with all interfaces each packet is sent once', () => {
    const text = readFileSync(join(ROOT, 'scenarios/2-forwarding/01-inline-dnat.yaml'), 'utf8')
    const step = `${VISIT}, replay: ../../pcaps/golden/01-inline-dnat.pcapng`
    const kept = text.slice(0, text.indexOf('\nsteps:'))
    const expect = '{ count: 6, where: client.eth0 out, filter: tcp }'
    held(createRun(sheetOf(`${kept}\nsteps:\n  - { ${step} }\nexpect:\n  - ${expect}\n`)).finish())
  })

  test('a shorter answer is acknowledged, and the client goes on', () => {
    held(visit(web('10B'), '', 'response: visit, outcome: ok, took: { max: 500ms }'))
  })

  test('a longer answer is acknowledged as far as it has come', () => {
    held(visit(web('3000B'), '', 'response: visit, outcome: ok, bytes: { min: 3000B }'))
  })

  test('a closed port refuses, and the client says nothing more', () => {
    const { responses } = visit('{}', '', 'count: 1, where: client.eth0 out, filter: tcp')
    assert.equal(
      responses.map(({ outcome }) => outcome),
      ['refused'],
    )
  })

  test('a server that never answers is waited for, and then given up', () => {
    const silent = '{ site: { nodes: [server], listen: 80/tcp, run: { script: [sleep: 60s] } } }'
    held(visit(silent, ', timeout: 3s', 'response: visit, outcome: timeout, took: { max: 4s }'))
  })

  test('without shift the packets go out as they are, and the server does not know them', () => {
    held(visit(web('1024B'), ', shift: false', 'response: visit, outcome: reset'))
  })

  test('the stack of the machine stays out of it: no RST, and the frames end at the replay', () => {
    const text = `${TWO}programs: ${web('1024B')}
steps:
  - { ${VISIT}, ${capture('01-inline-dnat')}, map: { 199.237.202.124: server } }
expect:
  - { count: 0, where: client.eth0 out, filter: tcp.flags.reset == 1 }
`
    const run = createRun(sheetOf(text))
    const taken: string[] = []
    const sink: Sink = {
      event(_time, _kind, place, _frame, code) {
        if (run.places.name(place) === 'client') taken.push(CONSUMERS[code]!)
      },
    }
    run.trace.subscribe(CONSUMED, sink)
    held(run.finish())
    // SYN+ACK, ACK, response, FIN.
    assert.is(taken.filter((by) => by === 'replay').length, 4)
    assert.ok(!taken.includes('tcp'))
  })
})
