// What a Linux kernel made of TCP segments that fit a connection, or nearly, or not at all: random
// talks of two sides whose stacks were mute, through `dnat to` of nftables. After each segment it
// was seen whether it had been translated, and what `conntrack -L` said of the connection.

import { readFileSync } from 'node:fs'
import type { ConntrackSettings } from '../../sim/nat/conntrack.ts'
import * as tcp from '../../sim/wire/tcp.ts'
import { assert, cases, suite } from '../lib/harness.ts'
import { build, ip } from './packets.ts'
import { CLIENT, dnat, RS1, S, Stand, destination, source, target, VIP } from './stand.ts'

interface Talk {
  readonly settings: Partial<ConntrackSettings>
  /** Side, flags, sequence, acknowledgment, window, octets, options; translated or not; row. */
  readonly segments: readonly string[]
}

const file = readFileSync(new URL('data/tcp-windows.json', import.meta.url), 'utf8')
const { walks } = JSON.parse(file) as { walks: readonly Talk[] }

const PORT = 40000
const CLIENT_END = { src: ip(CLIENT), dst: ip(VIP), srcPort: PORT, dstPort: 80 }
const SERVER_END = { src: ip(RS1), dst: ip(CLIENT), srcPort: 80, dstPort: PORT }

const FLAGS: Readonly<Record<string, number>> = {
  F: tcp.FIN,
  S: tcp.SYN,
  R: tcp.RST,
  P: tcp.PSH,
  A: tcp.ACK,
}

function optionOctets(text: string): number[] {
  const [word, ...numbers] = text.split(' ')
  const [a = 0, b = 0] = numbers.map(Number)
  if (word === 'mss') return [2, 4, a >> 8, a & 0xff]
  if (word === 'ws') return [1, 3, 3, a]
  if (word === 'sok') return [1, 1, 4, 2]
  if (word !== 'sack') return []
  const edges = [a, b].flatMap((edge) => [24, 16, 8, 0].map((shift) => (edge >>> shift) & 0xff))
  return [1, 1, 5, 10, ...edges]
}

function octetsOf(text: string): { octets: Uint8Array; side: string; expected: string } {
  const match = /^(.) (\S+) (\d+) (\d+) (\d+) (\d+) <([^>]*)> (.) ?(.*)$/.exec(text)!
  const [, side = '', letters = '', seq, ack, window, length, options = '', way, row] = match
  const bits = [...letters].reduce((sum, letter) => sum | (FLAGS[letter] ?? 0), 0)
  const more = options.split(',').flatMap(optionOctets)
  const header = 20 + more.length
  const ends = side === 'c' ? CLIENT_END : SERVER_END
  const octets = build(ends, 6, header + Number(length), 64, ({ bytes, view }, at) => {
    const { srcPort, dstPort } = ends
    const numbers = [Number(seq), Number(ack)] as const
    tcp.write(view, at, srcPort, dstPort, ...numbers, header, bits, Number(window))
    bytes.set(more, at + 20)
  })
  return { octets, side, expected: `${way} ${row}`.trim() }
}

function ours(stand: Stand, octets: Uint8Array, side: string): string {
  const out = stand.forward(octets)
  const changed =
    side === 'c' ? destination(out) === `${RS1}:80` : source(out).startsWith(`${VIP}:`)
  const row = stand.track.rows().find(({ original }) => original[1] === PORT)
  if (row === undefined) return changed ? 'T' : 'U'
  const marks = `${row.assured ? ' a' : ''}${row.unreplied ? ' u' : ''}`
  return `${changed ? 'T' : 'U'} ${row.state} ${row.expiresNs / S}${marks}`
}

cases(
  'segments as Linux judges them',
  walks.map((talk, i) => ({ name: `talk ${i + 1}`, ...talk })),
  ({ settings, segments }) => {
    const stand = new Stand([dnat(target(RS1))], [], settings)
    for (const [i, text] of segments.entries()) {
      const { octets, side, expected } = octetsOf(text)
      assert.is(ours(stand, octets, side), expected, segments.slice(0, i + 1).join('\n'))
    }
  },
)

suite('the recorded talks', (test) => {
  test('show every judgment', () => {
    const all = walks.flatMap(({ segments }) => segments)
    for (const state of ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT']) {
      assert.ok(all.filter((text) => text.includes(`> T ${state} `)).length > 20, state)
    }
    for (const state of ['LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2']) {
      assert.ok(
        all.some((text) => text.includes(`> T ${state} `)),
        state,
      )
    }
    assert.ok(all.filter((text) => text.includes('> U ESTABLISHED')).length > 50, 'refused ones')
  })
})
