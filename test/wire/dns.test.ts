import * as dns from '../../sim/wire/dns.ts'
import { assert, bytes, cases, sameBytes, suite } from '../lib/harness.ts'

// A question and its answer as a real client and a real server put them on the wire
// (pcaps/linux/11-udp-dns, client-eth0).
const QUERY = `
  12 34 01 00  00 01 00 00 00 00 00 00              # id, RD, one question
  03 77 77 77 07 65 78 61 6d 70 6c 65 03 63 6f 6d 00 # www.example.com
  00 01 00 01                                        # A, IN`
const ANSWER = `
  12 34 81 80  00 01 00 01 00 00 00 00
  03 77 77 77 07 65 78 61 6d 70 6c 65 03 63 6f 6d 00
  00 01 00 01
  c0 0c 00 01 00 01 00 00 00 3c 00 04 c0 00 02 0a    # 60 s, 192.0.2.10`

suite('dns messages of a capture', (test) => {
  test('a question is written as it was captured', () => {
    sameBytes(dns.writeQuery(0x1234, 'www.example.com', dns.TYPE_A), bytes(QUERY))
  })

  test('an answer is read as tshark reads it', () => {
    const message = dns.read(bytes(ANSWER)) as dns.Message
    assert.equal(message, {
      id: 0x1234,
      isResponse: true,
      rcode: 0,
      name: 'www.example.com',
      type: 1,
      answers: [
        {
          name: 'www.example.com',
          type: 1,
          ttlSeconds: 60,
          address: { family: 4, v4: 0xc000020a },
          target: undefined,
        },
      ],
    })
  })

  test('an answer is written as it was captured, but for the bit of an authority', () => {
    const query = dns.read(bytes(QUERY)) as dns.Message
    const address = { family: 4, v4: 0xc000020a } as const
    const written = dns.writeResponse(query, dns.NO_ERROR, [address], 60)
    assert.is(written[2], 0x85)
    written[2] = 0x81
    sameBytes(written, bytes(ANSWER))
  })

  test('an unknown name is answered by a name error without answers', () => {
    const query = dns.read(bytes(QUERY)) as dns.Message
    const written = dns.writeResponse(query, dns.NAME_ERROR, [], 0)
    sameBytes(written.subarray(0, 12), bytes('12 34 85 83 00 01 00 00 00 00 00 00'))
    sameBytes(written.subarray(12), bytes(QUERY).subarray(12))
  })
})

// After the example of RFC 1035 §4.1.4: FOO.F.ISI.ARPA stands at 12, so F.ISI.ARPA at 16, ARPA at
// 22 and the root at 27. Each row is the value of an alias in the one answer.
const ALIAS = `
  00 07 81 80 00 01 00 01 00 00 00 00
  03 46 4f 4f 01 46 03 49 53 49 04 41 52 50 41 00  00 05 00 01
  c0 0c 00 05 00 01 00 00 00 01`

function aliasFor(value: string): dns.Message | string {
  const octets = bytes(value)
  return dns.read(bytes(`${ALIAS} 00 ${octets.length.toString(16).padStart(2, '0')} ${value}`))
}

cases(
  'dns names that point back',
  [
    { name: 'a pointer', value: 'c0 10', target: 'F.ISI.ARPA' },
    { name: 'a label and a pointer', value: '01 78 c0 12', target: 'x.ISI.ARPA' },
    { name: 'a pointer to the last label', value: 'c0 16', target: 'ARPA' },
    { name: 'a pointer to the root', value: 'c0 1b', target: '' },
    { name: 'no pointer', value: '03 66 6f 6f 00', target: 'foo' },
    { name: 'a pointer to itself names nothing', value: 'c0 2c', target: undefined },
    { name: 'a pointer behind the end names nothing', value: 'c0 ff', target: undefined },
    { name: 'half a pointer names nothing', value: 'c0', target: undefined },
  ],
  ({ value, target }) => {
    const message = aliasFor(value)
    assert.ok(typeof message !== 'string', String(message))
    const [answer] = (message as dns.Message).answers
    assert.is(answer!.name, 'FOO.F.ISI.ARPA')
    assert.is(answer!.target, target)
  },
)

cases(
  'dns messages that cannot be read',
  [
    { name: 'shorter than a header', octets: '12 34 01 00', problem: 'dns-truncated' },
    {
      name: 'a question that points to itself',
      octets: '00 01 01 00 00 01 00 00 00 00 00 00 c0 0c 00 01 00 01',
      problem: 'dns-bad-name',
    },
    {
      name: 'two names that point to each other',
      octets: '00 01 01 00 00 01 00 00 00 00 00 00 c0 0e c0 0c 00 01 00 01',
      problem: 'dns-bad-name',
    },
    {
      name: 'a label of the reserved kind 01',
      octets: '00 01 01 00 00 01 00 00 00 00 00 00 41 61 00 00 01 00 01',
      problem: 'dns-bad-name',
    },
    {
      name: 'a question without its class',
      octets: '00 01 01 00 00 01 00 00 00 00 00 00 01 61 00 00 01',
      problem: 'dns-truncated',
    },
    {
      name: 'an answer that is announced and missing',
      octets: '00 01 81 80 00 00 00 01 00 00 00 00',
      problem: 'dns-bad-name',
    },
  ],
  ({ octets, problem }) => assert.is(dns.read(bytes(octets)), problem),
)

suite('dns messages cut short', (test) => {
  test('no part of an answer is taken for the whole', () => {
    const whole = bytes(ANSWER)
    for (let length = 0; length < whole.length; length++) {
      const read = dns.read(whole.subarray(0, length))
      assert.ok(typeof read === 'string', `${length} octets were read as a message`)
    }
  })

  test('an IPv6 address is read and written in four words', () => {
    const query = dns.read(dns.writeQuery(7, 'www.example.com', dns.TYPE_AAAA)) as dns.Message
    const address = { family: 6, words: [0x20010db8, 0, 0, 1] } as const
    const message = dns.read(dns.writeResponse(query, dns.NO_ERROR, [address], 5)) as dns.Message
    assert.equal(message.answers[0]!.address, address)
    assert.is(dns.describeAnswer(message.answers[0]!), 'www.example.com AAAA 2001:db8::1')
  })
})
