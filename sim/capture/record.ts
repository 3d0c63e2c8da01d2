/** One frame of a capture file. */
export interface CaptureRecord {
  /** Seconds since 1970. */
  readonly seconds: number
  /** 0 .. 999,999,999 */
  readonly nanoseconds: number
  /** The captured octets: a view into the file, not a copy. */
  readonly bytes: Uint8Array
  /** Length of the frame on the wire; more than `bytes.length` when it was cut. */
  readonly originalLen: number
  /** Number of the interface, 0 in classic pcap. */
  readonly interfaceId: number
  /** 1 in, 2 out, 0 not said. */
  readonly direction: number
  readonly comments: readonly string[]
}

export interface CaptureFile {
  readonly format: 'pcap' | 'pcapng'
  /** if_name of each interface, '' where none is given. */
  readonly interfaces: readonly string[]
  readonly records: readonly CaptureRecord[]
  /** Why reading stopped early, one sentence with the offset; what came before is in `records`. */
  readonly problem?: string
}

/** Frames of Ethernet longer than this are taken for a damaged file. */
export const LONGEST = 262144

/** Nanoseconds from `epochSeconds` to the record; exact while they are less than 104 days apart. */
export function sinceNs(record: CaptureRecord, epochSeconds: number): number {
  return (record.seconds - epochSeconds) * 1_000_000_000 + record.nanoseconds
}
