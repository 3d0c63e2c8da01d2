/** A sheet of this folder whose size can be chosen. */
export interface Workload {
  readonly name: string
  /** What a size counts. */
  readonly unit: string
  readonly size: number
  /** Octets that one of them brings to a server. */
  readonly octetsEach: number
  /** The sheet's text for another size. */
  readonly resize: (text: string, size: number) => string
  /** Frames over cables that a run of this size must come to, within 2 %. */
  readonly hops: (size: number) => number
}

/** Replaces what must be there exactly so often; a sheet that has changed must not go unnoticed. */
function replaced(text: string, what: RegExp, by: string, times: number): string {
  const found = text.match(what)?.length ?? 0
  if (found !== times) throw new Error(`${what} is in the sheet ${found} times, not ${times}`)
  return text.replace(what, by)
}

/**
 * The hops were counted with ns-3 3.37 doing the same work: 2,082,700 for 1 GB in full segments
 * with an ACK for every second one, 20 for a connection of ten packets, 2 for a datagram.
 */
export const WORKLOADS: readonly Workload[] = [
  {
    name: 'bulk',
    unit: 'octets',
    size: 1e9,
    octetsEach: 1,
    resize: (text, size) => replaced(text, /send: 1GB/g, `send: ${size}B`, 1),
    hops: (size) => 2082.7e-6 * size,
  },
  {
    name: 'short',
    unit: 'connections',
    size: 100_000,
    octetsEach: 200,
    resize: (text, size) => replaced(text, /for: 10s/g, `for: ${size * 100}us`, 10),
    hops: (size) => 20 * size + 52,
  },
  {
    name: 'udp',
    unit: 'datagrams',
    size: 5_000_000,
    octetsEach: 64,
    resize: (text, size) => replaced(text, /times: 5000000/g, `times: ${size}`, 1),
    hops: (size) => 2 * size + 4,
  },
]
