/** CRC-32 of Ethernet and zlib (ISO 3309, reflected polynomial 0xedb88320), octet by octet. */

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, octet) => {
  let value = octet
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return value
})

/** What a checksum begins with, before its first octet. */
export const CRC_START = 0xffff_ffff

/** The running value after one octet more. */
export function crcOctet(running: number, octet: number): number {
  return (TABLE[(running ^ octet) & 0xff]! ^ (running >>> 8)) >>> 0
}

/** The running value after the characters of an ASCII text. */
export function crcText(running: number, text: string): number {
  let value = running
  for (let i = 0; i < text.length; i++) value = crcOctet(value, text.charCodeAt(i))
  return value
}

/** The checksum that a running value stands for. */
export function crcEnd(running: number): number {
  return ~running >>> 0
}
