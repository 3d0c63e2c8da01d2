/** Changes to frames for the tests, checksums kept right by plain arithmetic of its own. */

function sum(octets: Uint8Array, start: number, end: number, initial: number): number {
  let total = initial
  for (let i = start; i < end; i += 2)
    total += octets[i]! * 256 + (i + 1 < end ? octets[i + 1]! : 0)
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return total
}

/** Writes both checksums of an IPv4 frame anew (TCP, UDP, ICMP). */
export function resum(frame: Uint8Array): Uint8Array {
  const v = new DataView(frame.buffer, frame.byteOffset, frame.length)
  if (v.getUint16(12) !== 0x0800) return frame
  const header = (v.getUint8(14) & 15) * 4
  v.setUint16(24, 0)
  v.setUint16(24, ~sum(frame, 14, 14 + header, 0) & 0xffff)
  const at = 14 + header
  const protocol = v.getUint8(23)
  const offset = protocol === 6 ? at + 16 : protocol === 17 ? at + 6 : at + 2
  const length = frame.length - at
  const pseudo = protocol === 1 ? 0 : sum(frame, 26, 34, protocol + length)
  v.setUint16(offset, 0)
  v.setUint16(offset, ~sum(frame, at, frame.length, pseudo) & 0xffff)
  return frame
}

/** A copy of the frame with `change` made to it and its checksums right. */
export function rewritten(
  frame: Uint8Array,
  change: (v: DataView, octets: Uint8Array) => void,
): Uint8Array {
  const copy = frame.slice()
  change(new DataView(copy.buffer), copy)
  return resum(copy)
}

/** Offset of the TCP timestamp option's values, -1 without one. */
export function stampAt(v: DataView): number {
  if (v.getUint16(12) !== 0x0800 || v.getUint8(23) !== 6) return -1
  const tcp = 14 + (v.getUint8(14) & 15) * 4
  const end = tcp + (v.getUint8(tcp + 12) >> 4) * 4
  for (let at = tcp + 20; at < end; ) {
    const kind = v.getUint8(at)
    if (kind === 8) return at + 2
    if (kind === 0) return -1
    at += kind === 1 ? 1 : v.getUint8(at + 1)
  }
  return -1
}

/** What is done to the octets of a frame. */
export type Change = (v: DataView, octets: Uint8Array) => void

export const isTcp = (v: DataView): boolean => v.getUint16(12) === 0x0800 && v.getUint8(23) === 6
export const fromServer = (v: DataView): boolean => v.getUint16(34) === 80
/** Adds to a 32-bit field. */
export const plus = (v: DataView, at: number, by: number): void =>
  v.setUint32(at, (v.getUint32(at) + by) >>> 0)
