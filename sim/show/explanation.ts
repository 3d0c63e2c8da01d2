/**
 * The answer to "why is this frame as it is?": one packet's journey through all machines, as plain
 * data, ready for JSON. Octets are hexadecimal, two digits each; offsets count from the first octet
 * of the Ethernet header.
 */
export interface Explanation {
  readonly title: string
  /** Number of the frame that was asked about, in the capture of all interfaces, from 1. */
  readonly frame: number
  /** Frames of the whole run. */
  readonly frames: number
  readonly timeNs: number
  /** `lb.inside`. */
  readonly place: string
  readonly direction: 'in' | 'out'
  /** The frame in one line. */
  readonly text: string
  readonly stays: readonly Stay[]
  readonly links: readonly Link[]
}

/** How a packet came to a machine: from a cable, or made there, out of what. */
export type Origin = 'arrived' | 'made' | 'copy' | 'fragment' | 'reassembled' | 'encapsulated'

/** What one machine did with the packet, from the arrival to the departure or the end. */
export interface Stay {
  readonly node: string
  readonly note: string | undefined
  readonly origin: Origin
  /** It is about another piece or copy of the packet than the frame that was asked about. */
  readonly aside: boolean
  readonly events: readonly StayEvent[]
  /** The frame as it came and as it left or ended; undefined for a packet made here. */
  readonly before: string | undefined
  readonly after: string | undefined
  readonly changes: readonly OctetChange[]
  readonly mendings: readonly Mending[]
}

/**
 * | kind       | place     | text                                        |
 * |------------|-----------|---------------------------------------------|
 * | in, out    | interface | the frame in one line                       |
 * | decided    | machine   | which server was chosen, by which scheduler |
 * | translated | machine   | the rule                                    |
 * | asks       | interface | the question for a MAC, in one line         |
 * | taken      | machine   | by what: `tcp`                              |
 * | dropped    | anywhere  | the reason by name                          |
 * | unfinished | anywhere  | nothing: the run ended before               |
 */
export interface StayEvent {
  readonly kind:
    | 'in'
    | 'out'
    | 'decided'
    | 'translated'
    | 'asks'
    | 'taken'
    | 'dropped'
    | 'unfinished'
  readonly timeNs: number
  readonly place: string
  /** Number of the frame, 0 for what is no frame in a capture. */
  readonly number: number
  readonly text: string
}

/** A field whose octets `[start .. end)` a machine changed. */
export interface OctetChange {
  /** Wireshark's name; `quoted ip.src` inside an ICMP error. */
  readonly field: string
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
  readonly octetsBefore: string
  readonly octetsAfter: string
}

/** How a checksum follows from the old one and the words that changed (RFC 1624, eqn. 3). */
export interface Mending {
  readonly field: string
  readonly before: number
  readonly words: readonly MendedWord[]
  /** ~HC and, for each word, ~m and m', added up; then with the carries folded in. */
  readonly sum: number
  readonly folded: number
  /** The complement of `folded`. */
  readonly result: number
  /** What stands in the frame. */
  readonly after: number
}

/** A 16-bit word under a checksum. */
export interface MendedWord {
  readonly field: string
  readonly before: number
  readonly after: number
}

/** Another packet that this one has to do with. */
export interface Link {
  /** What the other one is to this one, or this one to the other. */
  readonly relation: 'retransmit' | 'resolves' | 'reports' | 'answers' | 'proxied'
  /** True when the other one came of this one; false when this one came of the other. */
  readonly follows: boolean
  readonly timeNs: number
  readonly place: string
  /** Number of the frame as it was first on a wire, 0 when it never was. */
  readonly number: number
  readonly text: string
}
