import type { CaptureRecord } from '../../sim/capture/index.ts'
import {
  Conversations,
  type Dissection,
  dissect,
  FIELD_TYPES,
  fieldsOf,
  showValue,
  type Value,
} from '../../sim/judge/index.ts'
import { linuxCapture } from '../capture/linux.ts'
import { mixOfIpv6, mixRecords, writeMix } from '../capture/mix.ts'
import { tshark, tsharkProblem } from '../capture/tshark.ts'
import { assert, bytes, cases, skip, suite } from '../lib/harness.ts'

/** As tshark 4.0 prints values. */
function shown(name: string, value: Value): string {
  const type = FIELD_TYPES.get(name)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (type === 'ipv4' && typeof value === 'number') {
    return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
  }
  if (type === 'ether' && typeof value === 'number') {
    return (value.toString(16).padStart(12, '0').match(/../g) ?? []).join(':')
  }
  return String(value).replaceAll('\r\n', '\\r\\n')
}

function plain(name: string, text: string): string {
  const type = FIELD_TYPES.get(name)
  if (type === 'uint' || type === 'bool') {
    if (text === 'True' || text === 'False') return text === 'True' ? '1' : '0'
    return String(Number(text))
  }
  if (type === 'bytes') return text.replaceAll(':', '')
  if (type === 'ipv6') return groups(text)
  return text
}

/** The 32 digits of an IPv6 address. */
function groups(text: string): string {
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const all = [...left, ...new Array<string>(zeros).fill('0'), ...right]
  return all.map((group) => group.padStart(4, '0')).join('')
}

function dissectAll(name: string): Dissection[] {
  return annotated(linuxCapture(name).records)
}

function annotated(records: readonly CaptureRecord[]): Dissection[] {
  const conversations = new Conversations()
  return records.map(({ bytes: octets }) => {
    const d = dissect(octets, 0, octets.length)
    conversations.annotate(d)
    return d
  })
}

/** Where the two decoders differ on purpose, or Wireshark is at odds with itself. */
const APART: readonly RegExp[] = [
  /^(eth\.trailer|frame\.cap_len|http\.file_data|tcp\.window_size_scalefactor)$/,
  /^data\./, // Wireshark names more protocols (echo) than we do
]

const CAPTURES = [
  '01-inline-dnat/lb-eth0',
  '01-inline-dnat/s1-eth0',
  '01d-inline-dnat-notcpopts/client-eth0',
  '04-one-arm-no-snat/client-eth0',
  '08a-icmp-port-unreachable/client-eth0',
  '10-client-close/server-eth0',
  '11-udp-dns/client-eth0',
  '12-v6-dnat/client-eth0',
].map((name) => ({ name }))

/** Frames 38 to 41 are 08a, whose datagrams of junk to port 53 tshark reads as DNS, quoted too. */
const isJunk = (i: number): boolean => i >= 37 && i < 41

if (tsharkProblem !== undefined) skip('judge: every field as tshark reads it', tsharkProblem)
else {
  compare('judge: every field as tshark reads it', mixRecords, (i, field) => {
    return isJunk(i) && /^dns|checksum.status$/.test(field)
  })
  compare('judge: every field of IPv6 as tshark reads it', mixOfIpv6, () => false)
}

/** Every field of every frame, but for those that `except` names by frame and field. */
function compare(
  title: string,
  records: readonly CaptureRecord[],
  except: (i: number, field: string) => boolean,
): void {
  suite(title, (test) => {
    const names = [...FIELD_TYPES.keys()].filter(
      (field) =>
        FIELD_TYPES.get(field) !== 'protocol' && !APART.some((pattern) => pattern.test(field)),
    )
    const options = names.flatMap((field) => ['-e', field])
    const format = ['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=\u0001']
    const lines = tshark(writeMix(records), ...format, ...options)
    const frames = annotated(records)
    for (const [k, field] of names.entries()) {
      test(field, () => {
        frames.forEach((d, i) => {
          if (except(i, field)) return
          const ours = fieldsOf(d, field).map((each) => shown(field, each.value))
          const text = lines[i]!.split('\t')[k] ?? ''
          const theirs = text === '' ? [] : text.split('\u0001').map((each) => plain(field, each))
          assert.equal(ours, theirs, `frame ${i + 1}`)
        })
      })
    }
  })
}

suite('judge: dissect', (test) => {
  test('a SYN of the captures, field by field', () => {
    const d = dissectAll('10-handshake/client-eth0')[2]!
    const of = (name: string): Value | undefined => fieldsOf(d, name)[0]?.value
    assert.equal(d.problems, [])
    assert.equal(
      d.layers.map((layer) => layer.name),
      ['frame', 'eth', 'ip', 'tcp'],
    )
    assert.is(of('ip.src'), 0xac101464)
    assert.is(of('ip.id'), 7431)
    assert.is(of('tcp.srcport'), 40000)
    assert.is(of('tcp.flags'), 2)
    assert.is(of('tcp.window_size_value'), 64240)
    assert.is(of('tcp.options.mss_val'), 1460)
    assert.is(of('tcp.options.wscale.shift'), 7)
    assert.equal(
      fieldsOf(d, 'tcp.option_kind').map((field) => field.value),
      [2, 4, 8, 1, 3],
    )
  })

  test('the packet quoted by an ICMP error stands inside it', () => {
    const d = dissectAll('08a-icmp-port-unreachable/client-eth0')[3]!
    assert.equal(
      fieldsOf(d, 'ip.addr').map((field) => shown('ip.addr', field.value)),
      ['199.237.202.124', '207.17.117.20', '207.17.117.20', '199.237.202.124'],
    )
    assert.is(fieldsOf(d, 'udp.dstport')[0]?.value, 53)
  })

  test('cutting a frame anywhere is named and never throws', () => {
    for (const { name } of CAPTURES) {
      for (const { bytes: octets } of linuxCapture(name).records) {
        for (let end = 0; end < Math.min(octets.length, 90); end++) {
          const d = dissect(octets, 0, end)
          assert.ok(d.problems.length > 0, `${name} cut to ${end}`)
        }
      }
    }
  })
})

/** A name server's answer to www.a10networks.com, made by BIND's dig format in mind, by hand. */
const DNS = `
  02 00 00 00 01 00  02 00 00 00 10 00  08 00
  45 00 00 51 00 00 40 00 40 11 00 00 0a 00 00 35 cf 11 75 14
  00 35 9c 40 00 3d 00 00
  12 34 81 80 00 01 00 01 00 00 00 00
  03 77 77 77 0b 61 31 30 6e 65 74 77 6f 72 6b 73 03 63 6f 6d 00  00 01 00 01
  c0 0c 00 01 00 01 00 00 01 2c 00 04 c7 ed ca 7c`

cases(
  'judge: what is wrong is named',
  [
    { name: 'IP header checksum', at: 24, value: 0, problem: 'ipv4-bad-checksum' },
    { name: 'IP version', at: 14, value: 0x55, problem: 'ipv4-bad-version' },
    { name: 'IP header length', at: 14, value: 0x44, problem: 'ipv4-bad-ihl' },
    { name: 'UDP length', at: 39, value: 0x3c, problem: 'udp-bad-length' },
    { name: 'UDP checksum', at: 41, value: 1, problem: 'udp-bad-checksum' },
    {
      name: 'a pointer to itself in DNS',
      at: 14 + 20 + 8 + 12 + 26,
      value: 37,
      problem: 'dns-malformed',
    },
    {
      name: 'more records than there are',
      at: 14 + 20 + 8 + 7,
      value: 2,
      problem: 'dns-malformed',
    },
  ],
  ({ at, value, problem }) => {
    const frame = bytes(DNS)
    frame[at] = value
    assert.ok(dissect(frame, 0, frame.length).problems.includes(problem))
  },
)

cases(
  'judge: IPv6 addresses as RFC 5952 writes them',
  [
    { name: '2001:db8::1', hex: '20010db8000000000000000000000001' },
    { name: '2001:db8:0:1:1:1:1:1', hex: '20010db8000000010001000100010001' },
    { name: '2001:0:0:1::1', hex: '20010000000000010000000000000001' },
    { name: '2001:db8::1:0:0:1', hex: '20010db8000000000001000000000001' },
    { name: '::', hex: '00000000000000000000000000000000' },
    { name: 'fe80::', hex: 'fe800000000000000000000000000000' },
  ],
  ({ name, hex }) => assert.is(showValue('ipv6.src', bytes(hex)), name),
)

suite('judge: DNS', (test) => {
  test('question and answer', () => {
    const frame = bytes(DNS)
    const d = dissect(frame, 0, frame.length)
    assert.equal(d.problems, ['ipv4-bad-checksum'])
    assert.is(fieldsOf(d, 'dns.qry.name')[0]?.value, 'www.a10networks.com')
    assert.is(fieldsOf(d, 'dns.resp.name')[0]?.value, 'www.a10networks.com')
    assert.is(fieldsOf(d, 'dns.a')[0]?.value, 0xc7edca7c)
    assert.is(fieldsOf(d, 'dns.resp.ttl')[0]?.value, 300)
    assert.is(fieldsOf(d, 'dns.flags.response')[0]?.value, 1)
  })
})
