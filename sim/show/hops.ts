import {
  BORN,
  CONSUMED,
  CONSUMERS,
  DROPPED,
  DROPS,
  type Entry,
  FIELDS,
  isAddress,
  isHopLimit,
  type Places,
  RECEIVED,
  REWRITTEN,
  SENT,
  TRANSLATED,
} from '../trace/index.ts'
import { formatIpv4 } from '../wire/address.ts'
import { COPY, FRAGMENT } from '../wire/frame.ts'

/** A field that a machine changed in passing. */
export interface Change {
  readonly field: string
  readonly before: string
  readonly after: string
}

/** One frame crossing one wire, from an interface to another. */
export interface Hop {
  readonly sentNs: number
  /** Undefined when it never arrived. */
  readonly arrivedNs: number | undefined
  readonly fromNode: string
  readonly fromIface: string
  readonly toNode: string | undefined
  readonly toIface: string | undefined
  readonly frameId: number
  /** Number of the frame, as it was sent, in the capture of all interfaces; 0 in none of them. */
  readonly number: number
  readonly octets: Uint8Array
  /** What the sending machine changed in this packet, TTL apart. */
  readonly changes: readonly Change[]
  /** Rule behind the changes. */
  readonly rule: string | undefined
  /** 0 request, 1 reply, undefined when nothing was translated. */
  readonly direction: number | undefined
  /** Why the frame ended at the receiver, when it was not consumed. */
  readonly dropped: string | undefined
  readonly consumedBy: string | undefined
}

type Draft = { -readonly [K in keyof Hop]: Hop[K] }

interface Pending {
  changes: Change[]
  rule: string | undefined
  direction: number | undefined
}

/** The number of a hop's frame as text; empty when captures have no such frame. */
export function numberText(hop: Hop): string {
  return hop.number === 0 ? '' : String(hop.number)
}

/**
 * Joins what a journal saw into hops, in the order of sending. A broadcast has one hop a receiver.
 * `format` writes the numbers of the run's addresses.
 */
export function hopsOf(
  entries: readonly Entry[],
  places: Places,
  rules: readonly string[],
  format: (address: number) => string = formatIpv4,
): Hop[] {
  const hops: Draft[] = []
  /** Last sending of each frame, by its id; copies inside a switch point to their original. */
  const sending = new Map<number, Draft>()
  const arrivedAt = new Map<number, Draft>()
  const pending = new Map<number, Pending>()
  const original = new Map<number, number>()
  let numbered = 0
  for (const entry of entries) {
    const { kind, frameId } = entry
    const counts = kind === SENT || kind === RECEIVED
    if (counts && places.numbered[entry.place]) numbered++
    if (kind === BORN && entry.relation === COPY) original.set(frameId, entry.cause)
    else if (kind === BORN && entry.relation === FRAGMENT) inherit(pending, entry)
    else if (kind === REWRITTEN) noteChange(pendingOf(pending, frameId), entry, format)
    else if (kind === TRANSLATED) {
      const known = pendingOf(pending, frameId)
      known.rule = joined(known.rule, rules[entry.code])
      known.direction = entry.b
    } else if (kind === SENT) {
      const number = places.numbered[entry.place] ? numbered : 0
      const hop = newHop(entry, places, number, pending.get(frameId))
      pending.delete(frameId)
      hops.push(hop)
      sending.set(frameId, hop)
    } else if (kind === RECEIVED) {
      const sent = sending.get(frameId) ?? sending.get(original.get(frameId) ?? -1)
      if (sent === undefined) continue
      const hop = sent.arrivedNs === undefined ? sent : { ...sent }
      if (hop !== sent) hops.push(hop)
      arrive(hop, entry, places)
      arrivedAt.set(frameId, hop)
    } else if (kind === DROPPED) {
      const hop = arrivedAt.get(frameId) ?? sending.get(frameId)
      if (hop !== undefined) hop.dropped = DROPS[entry.code]
    } else if (kind === CONSUMED) {
      const hop = arrivedAt.get(frameId)
      if (hop !== undefined) hop.consumedBy = CONSUMERS[entry.code]
    }
  }
  // The receivers of a flood are found as they receive; they belong where the frame was sent.
  return hops
    .map((hop, index) => ({ hop, index }))
    .sort((a, b) => a.hop.sentNs - b.hop.sentNs || a.index - b.index)
    .map(({ hop }) => hop)
}

/** What is known of a frame that has not left yet. */
function pendingOf(all: Map<number, Pending>, id: number): Pending {
  let known = all.get(id)
  if (known === undefined) {
    known = { changes: [], rule: undefined, direction: undefined }
    all.set(id, known)
  }
  return known
}

/** Both rules when a service and a rule of `nat`, or two such rules, changed one packet. */
function joined(before: string | undefined, rule: string | undefined): string | undefined {
  if (before === undefined || before === rule) return rule
  return rule === undefined ? before : `${before}; ${rule}`
}

function arrive(hop: Draft, { timeNs, place }: Entry, places: Places): void {
  const { node, iface } = places.list[place]!
  hop.arrivedNs = timeNs
  hop.toNode = node
  hop.toIface = iface
  hop.dropped = undefined
  hop.consumedBy = undefined
}

function newHop(entry: Entry, places: Places, number: number, pending: Pending | undefined): Draft {
  const place = places.list[entry.place]!
  return {
    sentNs: entry.timeNs,
    arrivedNs: undefined,
    fromNode: place.node,
    fromIface: place.iface ?? '',
    toNode: undefined,
    toIface: undefined,
    frameId: entry.frameId,
    number,
    octets: entry.octets ?? new Uint8Array(0),
    changes: pending?.changes ?? [],
    rule: pending?.rule,
    direction: pending?.direction,
    dropped: undefined,
    consumedBy: undefined,
  }
}

/** What was changed in a packet that is cut is told with its first fragment. */
function inherit(pending: Map<number, Pending>, { frameId, cause }: Entry): void {
  const changed = pending.get(cause)
  if (changed === undefined) return
  pending.set(frameId, changed)
  pending.delete(cause)
}

function noteChange(pending: Pending, entry: Entry, format: (address: number) => string): void {
  const field = FIELDS[entry.code]!
  if (isHopLimit(field)) return
  const text = (value: number): string => (isAddress(field) ? format(value) : String(value))
  pending.changes.push({ field, before: text(entry.a), after: text(entry.b) })
}
