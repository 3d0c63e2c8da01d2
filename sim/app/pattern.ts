/** How many octets of the pattern are at hand; longer bodies use it from the start again. */
export const PATTERN_LEN = 65536
/** Octets that nobody reads: "0123456789abcdef" again and again. */
export const PATTERN: Uint8Array = Uint8Array.from({ length: PATTERN_LEN }, (_, i) =>
  '0123456789abcdef'.charCodeAt(i & 15),
)
