import { Line } from '../../../sim/lab/expect/line.ts'
import { FieldConditions } from '../../../sim/lab/expect/fields.ts'
import { PacketWatch } from '../../../sim/lab/expect/packet.ts'
import { Reading } from '../../../sim/lab/expect/reading.ts'
import type { With } from '../../../sim/lab/sheet/types.ts'
import { linuxCapture } from '../../capture/linux.ts'
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

/** Frames of 12-v6-dnat and 16d-v6-errors, in lines of IPv6. */
cases(
  'lines of IPv6',
  [
    { name: 'S [2001:db8:117::20]:40000 > [2001:db8:202::124]:80 ttl 64 win 64800', of: 2 },
    { name: 'S [2001:db8:117::/64]:* > *:80 <mss 1440, *>', of: 2 },
    { name: 'ip 2001:db8:117::20 > 2001:db8:202::124 len 0', of: 2 },
    { name: 'icmp neighbour-solicitation 2001:db8:117::20 > ff02::1:ff00:1 ttl 255', of: 0 },
    { name: 'icmp neighbour-advertisement 2001:db8:117::1 > 2001:db8:117::20', of: 1 },
    { name: 'icmp 136/0 * > *', of: 1 },
    { name: 'icmp neighbour-solicitation * > *', of: 1, misfits: 'packet: ' },
    { name: 'icmp echo-request * > *', of: 2, misfits: 'packet: ' },
    { name: 'S [2001:db8:117::21]:* > *:*', of: 2, misfits: 'source: 2001:db8:117::21 expected' },
    { name: 'S 10.0.0.1:* > *:*', of: 2, misfits: 'source: 10.0.0.1 expected' },
    { name: 'S *:* > *:* DF', of: 2, misfits: 'DF: ' },
  ] as readonly { name: string; of: number; misfits?: string }[],
  ({ name, of, misfits }) => {
    const scene = new Scene()
    const compiled = new Line(line(`client.eth0 in ${name}`), scene.context)
    const frame = scene.frame(linuxCapture('12-v6-dnat/client-eth0').records[of]!.bytes)
    const reading = new Reading(scene.context.addresses)
    reading.readFrame(frame.view, frame.start, frame.end)
    const [first] = compiled.differences(compiled.kind, compiled.at[0]!, frame, reading)
    assert.is(compiled.fits(frame, reading), misfits === undefined)
    const said = first === undefined ? '' : `${first.name}: ${first.expected} expected`
    assert.ok(said.startsWith(misfits ?? ''), said)
  },
)
