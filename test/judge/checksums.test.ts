import { readdirSync } from 'node:fs'
import { dissect, FAULTS, verify } from '../../sim/judge/index.ts'
import { linuxCapture } from '../capture/linux.ts'
import { assert, cases, suite } from '../lib/harness.ts'

const slab = new ArrayBuffer(4096)
const octets = new Uint8Array(slab)
const words = new Uint16Array(slab)
const START = 64

const folder = new URL('../../pcaps/linux', import.meta.url).pathname
const captures = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.pcap'))
  .map((path) => path.slice(0, -5))
  .sort()

function load(frame: Uint8Array): number {
  octets.fill(0xa5)
  octets.set(frame, START)
  return START + frame.length
}

suite('judge: verify', (test) => {
  test('every frame of Linux is sound', () => {
    let frames = 0
    for (const name of captures) {
      linuxCapture(name).records.forEach((record, i) => {
        const fault = verify(octets, words, START, load(record.bytes))
        assert.is(FAULTS[fault], 'sound', `${name} frame ${i + 1}`)
        frames++
      })
    }
    assert.ok(frames > 400)
  })

  test('every single bit of an IP packet matters, and the slow decoder agrees', () => {
    for (const name of ['01-inline-dnat/client-eth0', '08a-icmp-port-unreachable/client-eth0']) {
      for (const record of linuxCapture(name).records.slice(2)) {
        const end = load(record.bytes)
        for (let bit = (START + 14) * 8; bit < end * 8; bit++) {
          octets[bit >> 3]! ^= 128 >> (bit & 7)
          const fault = verify(octets, words, START, end)
          const slow = dissect(octets, START, end).problems.length > 0
          assert.is(fault !== 0, slow, `${name}, bit ${bit - START * 8}`)
          octets[bit >> 3]! ^= 128 >> (bit & 7)
        }
      }
    }
  })
})

const SYN = linuxCapture('10-handshake/client-eth0').records[2]!.bytes
const UDP = linuxCapture('11-udp-dns/client-eth0').records[2]!.bytes
const ARP = linuxCapture('10-handshake/client-eth0').records[0]!.bytes
const V6 = linuxCapture('12-v6-dnat/client-eth0').records[2]!.bytes

interface Row {
  readonly name: string
  readonly frame: Uint8Array
  readonly change: (frame: Uint8Array) => Uint8Array
  readonly fault: string
}

function poke(...changes: readonly [number, number][]): (frame: Uint8Array) => Uint8Array {
  return (frame) => {
    const copy = frame.slice()
    for (const [at, value] of changes) copy[at] = value
    return copy
  }
}

const rows: Row[] = [
  { name: '13 octets', frame: SYN, change: (f) => f.slice(0, 13), fault: 'ethernet-truncated' },
  { name: 'a strange type', frame: SYN, change: poke([12, 0x99]), fault: 'unknown-ethertype' },
  { name: 'IP cut', frame: SYN, change: (f) => f.slice(0, 30), fault: 'ipv4-truncated' },
  { name: 'one octet too many', frame: SYN, change: padded, fault: 'ipv4-bad-length' },
  { name: 'TTL changed alone', frame: SYN, change: poke([22, 1]), fault: 'ipv4-bad-checksum' },
  { name: 'port changed alone', frame: SYN, change: poke([37, 81]), fault: 'tcp-bad-checksum' },
  { name: 'TCP offset of 16', frame: SYN, change: poke([46, 0x40]), fault: 'tcp-bad-offset' },
  { name: 'UDP port', frame: UDP, change: poke([36, 9]), fault: 'udp-bad-checksum' },
  { name: 'UDP length', frame: UDP, change: poke([39, 9]), fault: 'udp-bad-length' },
  { name: 'UDP without a checksum', frame: UDP, change: poke([40, 0], [41, 0]), fault: 'sound' },
  { name: 'ARP cut', frame: ARP, change: (f) => f.slice(0, 41), fault: 'arp-truncated' },
  { name: 'ARP operation 9', frame: ARP, change: poke([21, 9]), fault: 'arp-bad-header' },
  { name: 'IPv6 length', frame: V6, change: poke([19, 1]), fault: 'ipv6-bad-length' },
]

function padded(frame: Uint8Array): Uint8Array {
  const longer = new Uint8Array(frame.length + 1)
  longer.set(frame)
  return longer
}

cases('judge: a fault has its name', rows, ({ frame, change, fault }) => {
  const end = load(change(frame))
  assert.is(FAULTS[verify(octets, words, START, end)], fault)
})
