/**
 * Sequence numbers count modulo 2^32 (RFC 9293 §3.4): which of two is earlier is the sign of their
 * difference.
 */

export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0
export const after = (a: number, b: number): boolean => ((a - b) | 0) > 0
/** `a - b` as a number of octets, negative when `a` is earlier. */
export const distance = (a: number, b: number): number => (a - b) | 0
/** Advances a sequence number. */
export const plus = (a: number, octets: number): number => (a + octets) >>> 0
