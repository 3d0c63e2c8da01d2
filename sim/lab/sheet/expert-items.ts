import { suggestion } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { Place } from './place.ts'

/**
 * Expert items of Wireshark with a severity of warning or above that captures of labs may show, by
 * the names of its filters. A sheet may name any other; these are for suggestions.
 */
export const EXPERT_ITEMS: Readonly<Record<string, string>> = {
  'tcp.connection.rst': 'A connection is reset',
  'tcp.analysis.out_of_order': 'A segment comes after later ones, or is seen again elsewhere',
  'tcp.analysis.lost_segment': 'Segments before this one are not in the capture',
  'tcp.analysis.ack_lost_segment': 'What is acknowledged is not in the capture',
  'tcp.analysis.zero_window': 'The receiver takes nothing more for now',
  'tcp.analysis.window_full': 'The window of the receiver is used up',
  'tcp.checksum_bad.expert': 'The checksum of a segment or datagram is wrong',
  'tcp.options.sack.dsack': 'A receiver tells of octets that came twice',
  'arp.duplicate-address-detected': 'Two machines say that an address is theirs',
  'dns.retransmit_request': 'A question is asked again, or is seen again elsewhere',
  'dns.retransmit_response': 'An answer is given again, or is seen again elsewhere',
  'ip.checksum_bad.expert': 'The checksum of an IPv4 header is wrong',
  '_ws.malformed.expert': 'A packet is not what its ports make of it',
}

const NAME = /^_?[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$/

/** What Wireshark warns of in the sheet's capture, and why that is as it must be. */
export interface ExpertSheet extends Place {
  /** As its filters name it: `tcp.connection.rst`. */
  readonly item: string
  readonly reason: string
}

/** Reads `expert: { NAME: reason }`. */
export function readExpert(
  items: Readonly<Record<string, unknown>>,
  report: Problems,
): ExpertSheet[] {
  return Object.entries(items).map(([item, reason]) => {
    const path = ['expert', item]
    if (!NAME.test(item)) {
      const hint = suggestion(item, Object.keys(EXPERT_ITEMS))
      report.keyError(path, `'${item}' is no name of an expert item${hint}`, FORM)
    }
    return { ...report.placeOf(path), item, reason: reasonOf(reason) }
  })
}

const FORM = 'write it as a filter of Wireshark does: tcp.connection.rst'

/** A reason that is no text was complained about where the shape of the sheet was checked. */
export const reasonOf = (reason: unknown): string => (typeof reason === 'string' ? reason : '')
