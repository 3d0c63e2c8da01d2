/** A frame of a capture to be compared. */
export interface ParityFrame {
  /** Since any instant, the same for all files of one side. */
  readonly timeNs: number
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array
}

/** What a real machine repeats of a capture: everything, or the items that are named. */
export type Stability =
  | { readonly cls: 'exact' }
  | { readonly cls: 'projected'; readonly items: readonly string[] }

/** One interface, captured here and there. */
export interface ParityFile {
  /** As in `NODE-INTERFACE.pcap`, without the ending. */
  readonly name: string
  readonly ours: readonly ParityFrame[]
  readonly theirs: readonly ParityFrame[]
  readonly stability: Stability
}

export interface ParityOptions {
  /** Ports that the sheet writes: compared by value. Others below 1024 are too. */
  readonly fixedPorts?: ReadonlySet<number>
  /** MACs that the sheet writes, 48-bit numbers: compared by value. */
  readonly fixedMacs?: ReadonlySet<number>
  /** `octets` of the payload (default), the `head` of an HTTP message, or its `length` only. */
  readonly payload?: 'octets' | 'head' | 'length'
}

export interface ParityDifference {
  readonly file: string
  /** Number of the frame in their file, from 1; in ours when they have none. */
  readonly frame: number
  /** Wireshark's name of the field, or `order`, `missing frame`, `extra frame`, or an item. */
  readonly field: string
  readonly ours: string
  readonly theirs: string
  /** The two frames in one line each; empty where there is none. */
  readonly ourLine: string
  readonly theirLine: string
}

export interface ParityFileResult {
  readonly name: string
  readonly cls: 'exact' | 'projected'
  readonly frames: number
  readonly agreed: number
  readonly difference: ParityDifference | undefined
}

export interface ParityResult {
  readonly frames: number
  readonly agreed: number
  readonly files: readonly ParityFileResult[]
  readonly firstDifference: ParityDifference | undefined
}
