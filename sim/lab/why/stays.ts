import type { Origin, Stay, StayEvent } from '../../show/explanation.ts'
import {
  BORN,
  BY_REASSEMBLY,
  CONSUMED,
  CONSUMERS,
  DECIDED,
  DROPPED,
  DROPS,
  type Entry,
  type Places,
  RECEIVED,
  SENT,
  TRANSLATED,
} from '../../trace/index.ts'
import { COPY, ENCAPSULATED, FRAGMENT, REASSEMBLED, RESOLVES } from '../../wire/frame.ts'
import { changesBetween, hex } from './changes.ts'
import { mendings } from './mending.ts'
import type { Bystander, Testimony } from './witness.ts'

/** What stands behind the numbers of events. */
export interface Names {
  readonly places: Places
  /** Sentences of TRANSLATED events. */
  readonly rules: readonly string[]
  /** The sentence of a DECIDED event. */
  readonly decision: (service: number, server: number, manner: number) => string
  readonly note: (node: number) => string | undefined
}

const LINK_HEADER = 14

const ORIGINS: ReadonlyMap<number, Origin> = new Map([
  [FRAGMENT, 'fragment'],
  [REASSEMBLED, 'reassembled'],
  [ENCAPSULATED, 'encapsulated'],
])

/** A stay being told. */
interface Draft {
  readonly node: number
  readonly frameId: number
  readonly origin: Origin
  readonly events: StayEvent[]
  before: Uint8Array | undefined
  after: Uint8Array | undefined
  /** The packet has left or ended. */
  over: boolean
}

/**
 * The frames on the way of the one asked about: what it was made from, itself, what became of it.
 * Other fragments and copies are not among them.
 */
export function wayOf(journey: readonly Testimony[], asked: number): Set<number> {
  const causes = new Map(journey.map(({ entry }) => [entry.frameId, entry.cause]))
  const way = new Set<number>()
  for (let id: number | undefined = asked; id !== undefined && causes.has(id); ) {
    way.add(id)
    id = causes.get(id)
  }
  const later = new Set([asked])
  for (const [i, { entry }] of journey.entries()) {
    if (entry.kind === BORN && later.has(entry.cause)) later.add(entry.frameId)
    if (entry.kind !== CONSUMED || entry.code !== BY_REASSEMBLY || !later.has(entry.frameId))
      continue
    // The whole is born right before its parts end.
    for (let at = i; at >= 0; at--) {
      const { kind, relation, frameId } = journey[at]!.entry
      if (kind !== BORN || relation !== REASSEMBLED) continue
      later.add(frameId)
      break
    }
  }
  for (const id of later) way.add(id)
  return way
}

/** Divides what happened to a packet into its stays at machines, by the time they begin. */
export function staysOf(
  journey: readonly Testimony[],
  way: ReadonlySet<number>,
  linked: ReadonlyMap<number, Bystander>,
  names: Names,
): Stay[] {
  const teller = new Teller(names)
  for (const testimony of journey) teller.tell(testimony)
  for (const bystander of linked.values()) teller.asks(bystander)
  return teller.drafts.map((draft) => teller.finish(draft, !way.has(draft.frameId)))
}

class Teller {
  readonly drafts: Draft[] = []
  private readonly names: Names
  /** The latest stay of each frame. */
  private readonly latest = new Map<number, Draft>()

  constructor(names: Names) {
    this.names = names
  }

  tell({ entry, number, text }: Testimony): void {
    const { rules, decision } = this.names
    switch (entry.kind) {
      case BORN: {
        // What a switch or a cable copies is told from its arrival on.
        if (entry.relation === COPY || this.nodeOf(entry) < 0) return
        this.begin(entry, ORIGINS.get(entry.relation) ?? 'made')
        return
      }
      case RECEIVED:
        this.begin(entry, 'arrived').before = entry.octets
        return this.note(entry, 'in', number, text)
      case SENT:
        this.note(entry, 'out', number, text)
        return this.leave(entry)
      case DECIDED:
        this.keepOctets(entry)
        return this.note(entry, 'decided', 0, decision(entry.code, entry.a, entry.b))
      case TRANSLATED:
        this.keepOctets(entry)
        return this.note(entry, 'translated', 0, this.translation(rules[entry.code] ?? '', entry))
      case CONSUMED:
        this.note(entry, 'taken', 0, CONSUMERS[entry.code]!)
        return this.leave(entry)
      case DROPPED:
        this.note(entry, 'dropped', 0, DROPS[entry.code]!)
        return this.leave(entry)
    }
  }

  /** A question for a MAC that a packet had to wait for. */
  asks({ entry, number, text }: Bystander): void {
    if (entry.relation !== RESOLVES || entry.kind !== SENT) return
    const draft = this.drafts.find(
      (each) => each.frameId === entry.cause && each.node === this.nodeOf(entry),
    )
    // An answer to a question is caused by it too, and nobody waits for it.
    if (draft === undefined || draft.events.some((each) => each.kind === 'taken')) return
    const place = this.names.places.name(entry.place)
    const event: StayEvent = { kind: 'asks', timeNs: entry.timeNs, place, number, text }
    // Before the departure that waited for it.
    const at = draft.events.findIndex((each) => each.timeNs > entry.timeNs || each.kind === 'out')
    draft.events.splice(at < 0 ? draft.events.length : at, 0, event)
  }

  finish(draft: Draft, aside: boolean): Stay {
    const { places, note } = this.names
    const { node, origin, events, before, after } = draft
    const last = events[events.length - 1]
    const arrives = this.drafts.some((each) => {
      return each !== draft && each.frameId === draft.frameId && each.origin === 'arrived'
    })
    const goesOn = last?.kind === 'out' && arrives
    if (!draft.over && !goesOn) {
      const place = last?.place ?? ''
      events.push({ kind: 'unfinished', timeNs: last?.timeNs ?? 0, place, number: 0, text: '' })
    }
    const from = origin === 'arrived' ? 0 : LINK_HEADER
    const both = before !== undefined && after !== undefined
    const changes = both ? changesBetween(before, after, from) : []
    return {
      node: places.list.find((place) => place.nodeIndex === node)?.node ?? '',
      note: note(node),
      origin,
      aside,
      events,
      before: before === undefined ? undefined : hex(before, 0, before.length),
      after: after === undefined ? undefined : hex(after, 0, after.length),
      changes,
      mendings: both ? mendings(before, after, changes) : [],
    }
  }

  private nodeOf(entry: Entry): number {
    return this.names.places.list[entry.place]?.nodeIndex ?? -1
  }

  private begin(entry: Entry, origin: Origin): Draft {
    const draft: Draft = {
      node: this.nodeOf(entry),
      frameId: entry.frameId,
      origin,
      events: [],
      before: undefined,
      after: undefined,
      over: false,
    }
    this.drafts.push(draft)
    this.latest.set(entry.frameId, draft)
    return draft
  }

  /** A packet made here is first seen as a whole when a rule looks at it. */
  private keepOctets(entry: Entry): void {
    const draft = this.latest.get(entry.frameId)
    if (draft !== undefined) draft.before ??= entry.octets
  }

  private note(entry: Entry, kind: StayEvent['kind'], number: number, text: string): void {
    const draft = this.latest.get(entry.frameId) ?? this.begin(entry, 'made')
    const place = this.names.places.name(entry.place)
    draft.events.push({ kind, timeNs: entry.timeNs, place, number, text })
  }

  private leave(entry: Entry): void {
    const draft = this.latest.get(entry.frameId)!
    if (draft.after === undefined) draft.after = entry.octets
    draft.over = entry.kind !== SENT
  }

  private translation(rule: string, { b }: Entry): string {
    return b === 1 ? `${rule}, the way back` : rule
  }
}
