/**
 * The Internet checksum (RFC 1071) of the second decoder: plain, octet by octet, so that it can be
 * wrong only in its own way.
 */
export function onesSum(bytes: Uint8Array, start: number, end: number, initial: number): number {
  let sum = initial
  for (let i = start; i + 1 < end; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!
  if ((end - start) % 2 === 1) sum += bytes[end - 1]! * 256
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536)
  return sum
}

/** Sum of a pseudo header (RFC 9293 §3.1, RFC 8200 §8.1): addresses, protocol, length. */
export function pseudoHeader(addresses: Uint8Array, protocol: number, length: number): number {
  const high = Math.floor(length / 65536)
  return onesSum(addresses, 0, addresses.length, protocol + high + (length % 65536))
}
