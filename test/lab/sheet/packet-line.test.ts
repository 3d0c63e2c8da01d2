import { formatPacketLine } from '../../../sim/lab/sheet/format-line.ts'
import { parsePacketLine } from '../../../sim/lab/sheet/packet-line.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

cases(
  'packet line: what is written is read, and written again',
  [
    'client.eth0 out S 207.17.117.20:* > 199.237.202.124:80 ttl 64',
    'rs*.eth0 in . 172.16.20.1:80 > 207.17.117.20:40000 seq 1:1461 ack 85 win 509 len 1460',
    'lb in FP. *:* > lb:80',
    'lb.inside out SEW 10.0.0.1:1 > 10.0.0.2:2 id 7 tos 192 DF',
    'lb.inside out udp 207.17.117.20:40000 > 172.16.20.1:53 len 32',
    'lb.inside out tcp 207.17.117.0/24:* > 172.16.20.1:80',
    'lb.inside out 207.17.117.20:* > 172.16.20.1:80',
    'a in S. 10.0.0.1:80 > 10.0.0.2:* <mss 1460, sackOK, ts */1, nop, wscale 7>',
    'a in . 10.0.0.1:80 > 10.0.0.2:* <nop, nop, sack 1:1461, *>',
    'a out S [2001:db8::1]:80 > [2001:db8::2]:* ttl 63',
    'a out icmp echo-request 10.0.0.1 > 10.0.0.2 ttl 64',
    'a out icmp 3/4 10.0.0.1 > 10.0.0.2',
    'rs1.eth0 out icmp port-unreachable 172.16.20.1 > 207.17.117.20 ttl 64 {udp 207.17.117.20:40000 > 172.16.20.1:53 ttl 62}',
    'a in ip 10.0.0.1 > * id 5',
    'lb.inside out arp who-has rs1 tell $lb.inside.ip',
    'rs1.eth0 out arp 172.16.20.1 is-at $rs1.eth0.mac',
    'rs1.eth0 out arp 172.16.20.1 is-at 02:00:00:00:04:00',
    'lb.outside out arp announce 199.237.202.124',
  ].map((name) => ({ name })),
  ({ name }) => {
    const line = parsePacketLine(name)
    if ('problem' in line) throw new Error(`${line.problem} at ${line.at}`)
    assert.is(formatPacketLine(line), name)
  },
)

suite('packet line: flags', (test) => {
  test('are the bits of RFC 9293, and a dot is ACK', () => {
    const bits = (flags: string): unknown => {
      const line = parsePacketLine(`a in ${flags} *:* > *:*`)
      return 'packet' in line && line.packet.kind === 'transport' ? line.packet.flags : line
    }
    assert.is(bits('S'), 0x02)
    assert.is(bits('S.'), 0x12)
    assert.is(bits('.'), 0x10)
    assert.is(bits('P.'), 0x18)
    assert.is(bits('F.'), 0x11)
    assert.is(bits('R'), 0x04)
    assert.is(bits('SEW'), 0xc2)
    assert.is(bits('U.'), 0x30)
  })

  test('left out means TCP and UDP; a word means one of them', () => {
    const protocol = (text: string): unknown => {
      const line = parsePacketLine(`a in ${text} *:* > *:*`)
      return 'packet' in line && line.packet.kind === 'transport' ? line.packet.protocol : line
    }
    assert.is(protocol(''), 'either')
    assert.is(protocol('udp'), 'udp')
    assert.is(protocol('tcp'), 'tcp')
    assert.is(protocol('S'), 'tcp')
  })
})

suite('packet line: ICMP names', (test) => {
  test('mean the type and code of either family (RFC 792, RFC 4443)', () => {
    const numbers = (name: string): unknown => {
      const line = parsePacketLine(`a in icmp ${name} * > *`)
      if (!('packet' in line) || line.packet.kind !== 'icmp') return line
      const { type, code, type6, code6 } = line.packet
      return [type, code, type6, code6]
    }
    assert.equal(numbers('echo-request'), [8, 0, 128, 0])
    assert.equal(numbers('echo-reply'), [0, 0, 129, 0])
    assert.equal(numbers('net-unreachable'), [3, 0, 1, 0])
    assert.equal(numbers('admin-prohibited'), [3, 13, 1, 1])
    assert.equal(numbers('host-unreachable'), [3, 1, 1, 3])
    assert.equal(numbers('port-unreachable'), [3, 3, 1, 4])
    assert.equal(numbers('ttl-exceeded'), [11, 0, 3, 0])
    assert.equal(numbers('11/1'), [11, 1, 11, 1])
  })
})

cases(
  'packet line: a mistake has its character',
  [
    { name: '', at: 0 },
    { name: 'lb.inside', at: 9 },
    { name: 'lb.inside through S a:1 > b:2', at: 10 },
    { name: 'lb.in.side out S a:1 > b:2', at: 0 },
    { name: 'a out S a:1 b:2', at: 12 },
    { name: 'a out S a:1 > b', at: 14 },
    { name: 'a out S a:1 > b:70000', at: 16 },
    { name: 'a out S a:1 > 10.0.0.256:1', at: 14 },
    { name: 'a out S a:1 > 2001:db8::1:80', at: 14 },
    { name: 'a out s a:1 > b:2', at: 6 },
    { name: 'a out S a:1 > b:2 ttl', at: 21 },
    { name: 'a out S a:1 > b:2 ttl many', at: 22 },
    { name: 'a out S a:1 > b:2 hops 1', at: 18 },
    { name: 'a out S a:1 > b:2 <mss>', at: 18 },
    { name: 'a out icmp hello a > b', at: 11 },
    { name: 'a out icmp constructor a > b', at: 11 },
    { name: 'a out icmp port-unreachable a > b {udp a:1 > b:2', at: 48 },
    { name: 'a out arp who-has b', at: 19 },
    { name: 'a out arp b is-at b', at: 18 },
    { name: 'a out ipip a > b {S c:1 > d:2}', at: 6 },
  ],
  ({ name, at }) => {
    const line = parsePacketLine(name)
    assert.ok('problem' in line, 'was read')
    assert.is('problem' in line && line.at, at)
  },
)
