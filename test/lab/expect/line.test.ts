import { Line } from '../../../sim/lab/expect/line.ts'
import { FieldConditions } from '../../../sim/lab/expect/fields.ts'
import { PacketWatch } from '../../../sim/lab/expect/packet.ts'
import { Reading } from '../../../sim/lab/expect/reading.ts'
import type { With } from '../../../sim/lab/sheet/types.ts'
import { assert, cases, suite } from '../../lib/harness.ts'
import { ACK, ARP_REPLY, ARP_REQUEST, REQUEST, SYN, SYN_ACK } from './frames.ts'
import { BASE, line, PLAN, Scene } from './scene.ts'

const FRAMES = { ARP_REPLY, ARP_REQUEST, SYN, SYN_ACK, ACK, REQUEST }

interface Row {
  readonly name: string
  readonly of: keyof typeof FRAMES
  readonly misfits?: string
}

const SAYS = 'S 207.17.117.20:40000 > 199.237.202.124:80'

cases<Row>(
  'packet lines against frames of Linux',
  [
    { name: `${SAYS}`, of: 'SYN' },
    { name: `S 207.17.117.20:* > *:80 ttl 63 id 54756 DF win 64240 len 0 tos 0`, of: 'SYN' },
    { name: 'S client:* > *:*', of: 'SYN' },
    { name: 'tcp client:* > *:*', of: 'REQUEST' },
    { name: 'client:* > *:80', of: 'ACK' },
    { name: 'ip client > *', of: 'ACK' },
    { name: 'S *:* > *:* <mss 1460,sackOK,*>', of: 'SYN' },
    { name: 'S *:* > *:* <mss 1460,sackOK,ts 806377919/0,wscale 7>', of: 'SYN' },
    { name: 'S *:* > *:* <mss 1460,sackOK,ts 806377919/0,nop,wscale 7>', of: 'SYN' },
    { name: 'S. *:80 > client:40000', of: 'SYN_ACK' },
    { name: 'P. *:* > *:* len 88', of: 'REQUEST' },
    { name: 'arp who-has 199.237.202.124 tell router', of: 'ARP_REQUEST' },
    { name: 'arp 199.237.202.124 is-at *', of: 'ARP_REPLY' },
    { name: `S. client:* > *:*`, of: 'SYN', misfits: 'flags: S. expected, S there' },
    { name: 'S *:* > *:81', of: 'SYN', misfits: 'destination port: 81 expected, 80 there' },
    { name: 'S rs1:* > *:*', of: 'SYN', misfits: 'source: rs1 expected, 207.17.117.20 there' },
    { name: 'S *:* > *:* ttl 64', of: 'SYN', misfits: 'ttl: 64 expected, 63 there' },
    { name: 'udp *:* > *:*', of: 'SYN', misfits: 'packet: udp expected, tcp there' },
    {
      name: 'icmp echo-request * > *',
      of: 'ACK',
      misfits: 'packet: icmp echo-request expected, tcp there',
    },
    {
      name: 'S *:* > *:* <mss 1460>',
      of: 'SYN',
      misfits: 'options: <mss 1460> expected, <mss 1460,sackOK,ts 806377919/0,wscale 7> there',
    },
    { name: 'S *:* > *:* <mss 1400,*>', of: 'SYN', misfits: 'options: <mss 1400,*> expected, ' },
    {
      name: 'arp who-has 199.237.202.124 tell client',
      of: 'ARP_REQUEST',
      misfits: 'asking address: client expected, 199.237.202.1 there',
    },
    {
      name: 'arp announce *',
      of: 'ARP_REQUEST',
      misfits: 'packet: arp announce expected, arp who-has',
    },
    {
      name: 'arp 199.237.202.124 is-at 02:00:00:00:20:01',
      of: 'ARP_REPLY',
      misfits: 'mac: 02:00:00:00:20:01 expected, 02:00:00:00:20:00 there',
    },
  ],
  ({ name, of, misfits }) => {
    const scene = new Scene()
    const compiled = new Line(line(`lb.outside in ${name}`), scene.context)
    const frame = scene.frame(FRAMES[of])
    const reading = new Reading(scene.context.addresses)
    reading.readFrame(frame.view, frame.start, frame.end)
    const differences = compiled
      .differences(compiled.kind, compiled.at[0]!, frame, reading)
      .map((each) => `${each.name}: ${each.expected} expected, ${each.actual} there`)
    assert.is(compiled.fits(frame, reading), misfits === undefined)
    if (misfits === undefined) assert.equal(differences, [])
    else assert.ok(differences.join('; ').startsWith(misfits), differences.join('; '))
  },
)

function countOf(text: string, fields: With, play: (scene: Scene) => void): string | undefined {
  const scene = new Scene()
  const times = { min: 1, max: 1, text: '1', percent: false }
  const watch = new PacketWatch(
    {
      ...BASE,
      kind: 'packet',
      packetLine: line(text),
      with: fields,
      at: undefined,
      times,
      during: undefined,
    },
    scene.context,
  )
  play(scene.listen(watch))
  return watch.misfit()?.problem
}

function handshake(scene: Scene): void {
  scene.pass('lb.outside in', SYN)
  scene.pass('lb.outside out', SYN_ACK)
  scene.pass('lb.outside in', ACK)
  scene.pass('lb.outside in', REQUEST)
}

suite('what a line knows beside the frame', (test) => {
  test('seq and ack count from the first SYN of each direction', () => {
    assert.is(countOf('lb.outside in P. *:* > *:* seq 1:89 ack 1', [], handshake), undefined)
    assert.is(countOf('lb.outside out S. *:* > *:* seq 0 ack 1', [], handshake), undefined)
    assert.is(countOf('lb.outside in P. *:* > *:* seq 2', [], handshake), 'no packet fits')
  })

  test('without a SYN the first segment seen counts as 1', () => {
    const late = (scene: Scene): void => void scene.pass('lb.outside in', REQUEST)
    assert.is(countOf('lb.outside in P. *:* > *:* seq 1:89', [], late), undefined)
  })

  test('a place may be a pattern or a whole machine', () => {
    assert.is(countOf('l*.outside in S *:* > *:*', [], handshake), undefined)
    assert.is(countOf('lb in S *:* > *:*', [], handshake), undefined)
    assert.is(countOf('rs* in S *:* > *:*', [], handshake), 'no packet fits')
  })

  test('with compares fields by the second decoder, references too', () => {
    const fields: With = [
      ['ip.ttl', 63],
      ['tcp.options.mss_val', 1460],
    ]
    assert.is(countOf('lb.outside in S *:* > *:*', fields, handshake), undefined)
    const relative: With = [
      ['tcp.seq', 1],
      ['tcp.ack', 1],
    ]
    assert.is(countOf('lb.outside in P. *:* > *:*', relative, handshake), undefined)
    const wrong: With = [['eth.src', '$router.dmz.mac']]
    assert.is(countOf('lb.outside in S *:* > *:*', wrong, handshake), 'no packet fits')
    const scene = new Scene()
    const difference = FieldConditions.of(wrong, PLAN)!.differences(scene.frame(SYN), 0)
    assert.equal(difference, [
      { name: 'eth.src', expected: '02:00:00:00:02:01', actual: '02:00:00:00:10:01' },
    ])
  })
})
