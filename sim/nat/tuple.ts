/**
 * A tuple is what tells the packets of one direction of a flow: source and destination address,
 * protocol, and both ports as one number, source x 65536 + destination.
 */

/** Source and destination port exchanged. */
export function turned(ports: number): number {
  return ((ports << 16) | (ports >>> 16)) >>> 0
}

/** Spreads tuples over 32 bits; its low bits are good enough for an index. */
export function hash(src: number, dst: number, ports: number, protocol: number): number {
  let x = Math.imul(src, 0x9e3779b1) ^ Math.imul(dst, 0x85ebca6b)
  x ^= Math.imul(ports, 0xc2b2ae35) ^ protocol
  x ^= x >>> 15
  x = Math.imul(x, 0x2c1b3c6d)
  return x ^ (x >>> 13)
}
