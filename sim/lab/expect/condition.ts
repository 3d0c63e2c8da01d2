import type { Reading } from './reading.ts'

/** One thing a line says about a packet: asked of every packet, so it compares numbers only. */
export interface Condition {
  /** What is compared, in the words of the packet line: `source`, `ttl`, `mss` ... */
  readonly name: string
  readonly expected: string
  holds(reading: Reading): boolean
  /** What the packet has there, for people. */
  actual(reading: Reading): string
}

/** A number that must have one value; -1 stands for a packet that has no such number. */
export function numeric(
  name: string,
  expected: number,
  read: (reading: Reading) => number,
  show: (value: number) => string = String,
): Condition {
  return {
    name,
    expected: show(expected),
    holds: (reading) => read(reading) === expected,
    actual: (reading) => {
      const value = read(reading)
      return value < 0 ? 'none' : show(value)
    },
  }
}

/** What a packet is: `tcp`, `icmp 3/3`, `arp who-has` ... in the words of the packet line. */
export function kindOf(reading: Reading): string {
  if (reading.isTcp) return 'tcp'
  if (reading.isUdp) return 'udp'
  if (reading.isIcmp) return `icmp ${reading.icmpType}/${reading.icmpCode}`
  if (reading.isArp) return 'arp'
  if (reading.protocol >= 0) return reading.transport < 0 ? 'ip fragment' : `ip ${reading.protocol}`
  return `ethernet type 0x${reading.etherType.toString(16)}`
}

const FLAG_LETTERS = ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W']
/** Order in which flags are written: the dot for ACK is last. */
const WRITTEN = [1, 0, 2, 3, 5, 6, 7, 4]

/** TCP flags as tcpdump writes them; `-1` and none are `none`. */
export function showFlags(flags: number): string {
  if (flags < 0) return 'none'
  let text = ''
  for (const bit of WRITTEN) if (((flags >> bit) & 1) === 1) text += FLAG_LETTERS[bit]!
  return text === '' ? 'none' : text
}
