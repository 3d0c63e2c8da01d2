import { Describer, flagLetters, macs, oneLine, shortLine } from '../../sim/show/describe.ts'
import { DROP_WORDS } from '../../sim/show/drop-words.ts'
import { DROPS } from '../../sim/trace/index.ts'
import { linuxCapture } from '../capture/linux.ts'
import { assert, bytes, cases, suite } from '../lib/harness.ts'

/** What tshark and tcpdump say about frames that Linux sent. */
function lines(capture: string): string[] {
  const describer = new Describer()
  return linuxCapture(capture).records.map((record) => oneLine(describer.describe(record.bytes)))
}

suite('frames of Linux in one line', (test) => {
  test('a page through a balancer', () => {
    const found = lines('01-inline-dnat/lb-eth1').filter((line) => !line.startsWith('arp'))
    assert.match(found[0]!, /^S 207\.17\.117\.20:40000 > 172\.16\.20\.1:80 ttl 62 seq 0 win 64240$/)
    assert.match(found[1]!, /^S\. 172\.16\.20\.1:80 > .*:40000 ttl 64 seq 0 ack 1 win 65160$/)
    assert.ok(
      found.some((line) => /^P\. .* seq 1 ack 1 .* GET \/keep\/1024 HTTP\/1\.1$/.test(line)),
    )
    assert.ok(found.some((line) => / HTTP\/1\.1 200 OK$/.test(line)))
    assert.ok(found.some((line) => /^F\. /.test(line)))
  })
  test('an ICMP error quotes what it is about', () => {
    const found = lines('08a-icmp-port-unreachable/client-eth0')
    assert.ok(
      found.some((line) => /^icmp port-unreachable .* about \{udp .* > .*:\d+\}$/.test(line)),
      found.join('\n'),
    )
  })
  test('a name and its address', () => {
    const found = lines('11-udp-dns/client-eth0')
    assert.ok(
      found.some((line) => /^udp .*:53 ttl 64 len \d+ DNS A .*\?$/.test(line)),
      found.join('\n'),
    )
  })
  test('who has an address', () => {
    const found = lines('01-inline-dnat/lb-eth1')
    const question = found.find((line) => line.startsWith('arp who-has'))
    assert.match(question ?? 'nobody asks', /^arp who-has [\d.]+ tell [\d.]+$/)
  })
})

suite('frames of IPv6 in one line', (test) => {
  test('who has an address, and in fewer words', () => {
    const describer = new Describer()
    const [asks, tells] = linuxCapture('12-v6-dnat/lb-eth0').records.map((record) =>
      describer.describe(record.bytes),
    )
    assert.is(
      oneLine(asks!),
      'icmp neighbour-solicitation fe80::ff:fe00:1001 > ff02::1:ff00:124 ttl 255' +
        ' who-has 2001:db8:202::124',
    )
    assert.is(shortLine(asks!), 'nd who-has 2001:db8:202::124 tell fe80::ff:fe00:1001')
    assert.is(shortLine(tells!), 'nd 2001:db8:202::124 is-at 02:00:00:00:20:00')
    assert.match(oneLine(tells!), / \(router, solicited, override\)$/)
    assert.is(asks!.resolves, true)
  })
  test('a page: addresses with ports stand in brackets', () => {
    const found = lines('12-v6-dnat/s1-eth0')
    assert.ok(
      found.includes(
        'S. [2001:db8:20::1]:80 > [2001:db8:117::20]:40000 ttl 64 seq 0 ack 1 win 64260',
      ),
      found.join('\n'),
    )
  })
  test('fragments, errors with what they quote, a redirect', () => {
    const parts = lines('16b-v6-fragments/client-eth0').filter((line) => /fragment/.test(line))
    assert.match(parts[1]!, /^ip 2001:db8:1::10 > 2001:db8:2::20 ttl 64 fragment 1448 len 1448$/)
    const errors = lines('16d-v6-errors/client-eth0')
    assert.ok(
      errors.some((line) => /^icmp net-unreachable .* about \{icmp echo-request/.test(line)),
    )
    assert.ok(errors.some((line) => /^icmp ttl-exceeded /.test(line)))
    assert.ok(errors.some((line) => /^icmp port-unreachable .* \{udp \[.*\]:9999\}$/.test(line)))
    assert.ok(lines('16e-v6-redirect/client-eth0').some((line) => /^icmp redirect /.test(line)))
  })
  test('a frame cut anywhere is described', () => {
    for (const capture of ['12-v6-dnat/client-eth0', '16d-v6-errors/client-eth0']) {
      for (const record of linuxCapture(capture).records) {
        for (let length = 0; length <= record.bytes.length; length++) {
          new Describer().describe(record.bytes.slice(0, length))
        }
      }
    }
  })
})

cases(
  'flags as tcpdump writes them',
  [
    { name: 'S', bits: 0x02 },
    { name: 'S.', bits: 0x12 },
    { name: '.', bits: 0x10 },
    { name: 'P.', bits: 0x18 },
    { name: 'FP.', bits: 0x19 },
    { name: 'R', bits: 0x04 },
    { name: 'R.', bits: 0x14 },
    { name: 'none', bits: 0 },
  ],
  ({ name, bits }) => assert.is(flagLetters(bits), name),
)

suite('describe', (test) => {
  test('MACs stand where Ethernet has them', () => {
    const frame = bytes('02 00 00 00 02 00  02 00 00 00 01 00  08 00')
    assert.equal(macs(frame), { src: '02:00:00:00:01:00', dst: '02:00:00:00:02:00' })
  })
  test('octets that are no frame are described too', () => {
    assert.is(new Describer().describe(bytes('01 02')).ends, 'too short to read')
  })
  test('a frame cut anywhere is described', () => {
    for (const record of linuxCapture('08a-icmp-port-unreachable/client-eth0').records) {
      for (let length = 0; length <= record.bytes.length; length++) {
        new Describer().describe(record.bytes.slice(0, length))
      }
    }
  })
  test('every reason of a drop has words', () => {
    for (const reason of DROPS) assert.ok(DROP_WORDS[reason].length > 5, reason)
  })
})
