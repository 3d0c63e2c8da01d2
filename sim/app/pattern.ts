/** Octets that nobody reads: "0123456789abcdef" again and again. Position i of a body is octet i. */

/** Octets of the pattern at hand; longer bodies use it from the start again. */
export const PATTERN_LEN = 65536
export const PATTERN: Uint8Array = Uint8Array.from({ length: PATTERN_LEN }, (_, i) =>
  '0123456789abcdef'.charCodeAt(i & 15),
)
