import {
  formatAddress,
  formatEndpoint,
  formatIpv4,
  formatMac,
  formatPrefix,
  isNetworkPrefix,
  parseAddress,
  parseEndpoint,
  parseIpv4,
  parseMac,
  parsePrefix,
  prefixHolds,
  sameAddress,
} from '../../sim/wire/address.ts'
import { assert, cases, suite } from '../lib/harness.ts'

cases(
  'address: IPv4 is four decimal parts and nothing else',
  [
    { name: '0.0.0.0', value: 0 },
    { name: '255.255.255.255', value: 4294967295 },
    { name: '172.16.20.1', value: 2886734849 },
    { name: '199.237.202.124', value: 3354249852 },
    { name: '10.1', value: undefined },
    { name: '10.0.0.256', value: undefined },
    { name: '010.0.0.1', value: undefined },
    { name: '0x0a.0.0.1', value: undefined },
    { name: '10.0.0.1.', value: undefined },
    { name: ' 10.0.0.1', value: undefined },
    { name: '10.0.0.1 ', value: undefined },
    { name: '10..0.1', value: undefined },
    { name: '1e1.0.0.1', value: undefined },
    { name: '-1.0.0.1', value: undefined },
    { name: '10.0.0.1\n', value: undefined },
    { name: '１０.0.0.1', value: undefined },
  ],
  ({ name, value }) => {
    assert.is(parseIpv4(name), value)
    if (value !== undefined) assert.is(formatIpv4(value), name)
  },
)

// Left: RFC 4291 §2.2 and RFC 5952 §1, §4, §5. Right: how RFC 5952 writes it.
cases(
  'address: IPv6 is read by RFC 4291 and written by RFC 5952',
  [
    {
      name: 'ABCD:EF01:2345:6789:ABCD:EF01:2345:6789',
      written: 'abcd:ef01:2345:6789:abcd:ef01:2345:6789',
    },
    { name: '2001:DB8:0:0:8:800:200C:417A', written: '2001:db8::8:800:200c:417a' },
    { name: 'FF01:0:0:0:0:0:0:101', written: 'ff01::101' },
    { name: '0:0:0:0:0:0:0:1', written: '::1' },
    { name: '0:0:0:0:0:0:0:0', written: '::' },
    { name: '0:0:0:0:0:0:13.1.68.3', written: '::d01:4403' },
    { name: '::FFFF:129.144.52.38', written: '::ffff:8190:3426' },
    { name: '2001:db8:0:1:1:1:1:1', written: '2001:db8:0:1:1:1:1:1' },
    { name: '2001:0:0:1:0:0:0:1', written: '2001:0:0:1::1' },
    { name: '2001:db8:0:0:1:0:0:1', written: '2001:db8::1:0:0:1' },
    { name: '2001:0db8::0001', written: '2001:db8::1' },
    { name: '1:2:3:4:5:6:7::', written: '1:2:3:4:5:6:7:0' },
    { name: '::2:3:4:5:6:7:8', written: '0:2:3:4:5:6:7:8' },
    { name: '1:2:3:4:5:6:7', written: undefined },
    { name: '1:2:3:4:5:6:7:8:9', written: undefined },
    { name: '1::2::3', written: undefined },
    { name: '1:2:3:4::5:6:7:8', written: undefined },
    { name: ':1:2:3:4:5:6:7', written: undefined },
    { name: '12345::', written: undefined },
    { name: 'g::', written: undefined },
    { name: ':::', written: undefined },
    { name: ':', written: undefined },
    { name: 'fe80::1%eth0', written: undefined },
    { name: '[::1]', written: undefined },
    { name: '::1.2.3', written: undefined },
    { name: '1.2.3.4::', written: undefined },
  ],
  ({ name, written }) => {
    const address = parseAddress(name)
    assert.is(address && formatAddress(address), written)
    if (address !== undefined) assert.ok(sameAddress(address, parseAddress(written!)!))
  },
)

suite('address: prefixes', (test) => {
  const holds = (prefix: string, address: string): boolean =>
    prefixHolds(parsePrefix(prefix)!, parseAddress(address)!)

  test('hold what shares their bits, and nothing of the other family', () => {
    assert.ok(holds('172.16.20.1/24', '172.16.20.255'))
    assert.not.ok(holds('172.16.20.0/24', '172.16.21.0'))
    assert.ok(holds('0.0.0.0/0', '255.1.2.3'))
    assert.not.ok(holds('10.0.0.1/32', '10.0.0.0'))
    assert.ok(holds('128.0.0.0/1', '200.0.0.1'))
    assert.ok(holds('2001:db8::/33', '2001:db8:7fff::1'))
    assert.not.ok(holds('2001:db8::/33', '2001:db8:8000::1'))
    assert.ok(holds('2001:db8::/96', '2001:db8::ffff:ffff'))
    assert.not.ok(holds('::/0', '10.0.0.1'))
  })

  test('are networks when no bit stands behind their length', () => {
    assert.ok(isNetworkPrefix(parsePrefix('172.16.20.0/24')!))
    assert.not.ok(isNetworkPrefix(parsePrefix('172.16.20.1/24')!))
    assert.ok(isNetworkPrefix(parsePrefix('0.0.0.0/0')!))
    assert.ok(isNetworkPrefix(parsePrefix('10.0.0.1/32')!))
    assert.ok(isNetworkPrefix(parsePrefix('2001:db8:8000::/33')!))
    assert.not.ok(isNetworkPrefix(parsePrefix('2001:db8:8000::1/33')!))
  })

  test('are written as they are read, and not beyond the width of an address', () => {
    assert.is(formatPrefix(parsePrefix('172.16.20.1/24')!), '172.16.20.1/24')
    for (const wrong of ['10.0.0.0/33', '::/129', '10.0.0.0', '10.0.0.0/', '10.0.0.0/-1', '/8']) {
      assert.is(parsePrefix(wrong), undefined, wrong)
    }
  })
})

suite('address: MACs', (test) => {
  test('are six pairs of digits with colons, and one number', () => {
    assert.is(parseMac('02:00:00:00:01:00'), 0x020000000100)
    assert.is(parseMac('FF:ff:FF:ff:FF:ff'), 281474976710655)
    assert.is(formatMac(0x020000000100), '02:00:00:00:01:00')
    assert.is(formatMac(1), '00:00:00:00:00:01')
    for (const wrong of ['2:0:0:0:1:0', '02-00-00-00-01-00', '0200.0000.0100', '02:00:00:00:01']) {
      assert.is(parseMac(wrong), undefined, wrong)
    }
  })
})

cases(
  'address: endpoints',
  [
    { name: '199.237.202.124:80/tcp', parts: [80, 80, 'tcp'] },
    { name: '10.0.0.1:80', parts: [80, 80, undefined] },
    { name: '10.0.0.1:8000-8099/udp', parts: [8000, 8099, 'udp'] },
    { name: '10.0.0.1', parts: [undefined, undefined, undefined] },
    { name: '[2001:db8::1]:80/tcp', parts: [80, 80, 'tcp'] },
    { name: '2001:db8::1', parts: [undefined, undefined, undefined] },
    { name: '10.0.0.1:0', parts: undefined },
    { name: '10.0.0.1:65536', parts: undefined },
    { name: '10.0.0.1:90-80', parts: undefined },
    { name: '10.0.0.1:80/sctp', parts: undefined },
    { name: '[10.0.0.1]:80', parts: undefined },
    { name: '10.0.0.1:', parts: undefined },
    { name: 'lb:80', parts: undefined },
    { name: '[2001:db8::1:80', parts: undefined },
  ],
  ({ name, parts }) => {
    const endpoint = parseEndpoint(name)
    assert.equal(endpoint && [endpoint.port, endpoint.lastPort, endpoint.protocol], parts)
    if (endpoint !== undefined) assert.is(formatEndpoint(endpoint), name)
  },
)

suite('address: an IPv6 address without brackets', (test) => {
  test('has no port, whatever its last group looks like', () => {
    assert.is(formatAddress(parseEndpoint('2001:db8::1:80')!.address), '2001:db8::1:80')
    assert.is(parseEndpoint('2001:db8::1:80')!.port, undefined)
  })
})
