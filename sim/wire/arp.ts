/** ARP for IPv4 over Ethernet, read and written in place (RFC 826). */

export const LEN = 28
export const REQUEST = 1
export const REPLY = 2

export const operation = (v: DataView, at: number): number => v.getUint16(at + 6)
export const senderHi = (v: DataView, at: number): number => v.getUint16(at + 8)
export const senderLo = (v: DataView, at: number): number => v.getUint32(at + 10)
export const senderIp = (v: DataView, at: number): number => v.getUint32(at + 14)
export const targetHi = (v: DataView, at: number): number => v.getUint16(at + 18)
export const targetLo = (v: DataView, at: number): number => v.getUint32(at + 20)
export const targetIp = (v: DataView, at: number): number => v.getUint32(at + 24)

/** Why the packet at `at` cannot be read, or `undefined` when every accessor is safe. */
export function check(
  v: DataView,
  at: number,
  end: number,
): 'arp-truncated' | 'arp-not-ipv4' | undefined {
  if (end - at < LEN) return 'arp-truncated'
  // Hardware type Ethernet, protocol type IPv4, lengths 6 and 4.
  if (v.getUint32(at) !== 0x0001_0800 || v.getUint16(at + 4) !== 0x0604) return 'arp-not-ipv4'
  return undefined
}

/** Writes a whole packet of 28 octets. A request leaves its target MAC zero, as Linux does. */
export function write(
  v: DataView,
  at: number,
  op: number,
  sHi: number,
  sLo: number,
  sIp: number,
  tHi: number,
  tLo: number,
  tIp: number,
): void {
  v.setUint32(at, 0x0001_0800)
  v.setUint16(at + 4, 0x0604)
  v.setUint16(at + 6, op)
  v.setUint16(at + 8, sHi)
  v.setUint32(at + 10, sLo)
  v.setUint32(at + 14, sIp)
  v.setUint16(at + 18, tHi)
  v.setUint32(at + 20, tLo)
  v.setUint32(at + 24, tIp)
}
