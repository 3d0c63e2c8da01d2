import { RECEIVED, SENT } from '../../trace/index.ts'
import type { Places } from '../../trace/index.ts'
import type { Frame } from '../../wire/frame.ts'
import type { Difference } from '../verdict.ts'
import type { PacketLine, PacketPattern } from '../sheet/types.ts'
import { placesOf, type Setting, showPlace } from './addresses.ts'
import type { Condition } from './condition.ts'
import { conditionsOf } from './conditions.ts'
import { needsStreams } from './details.ts'
import type { FieldConditions } from './fields.ts'
import type { FrameWatcher, Lookout } from './lookout.ts'
import type { Reading } from './reading.ts'
import type { StreamStarts } from './streams.ts'

/** What lines are compiled with. */
export interface LineContext extends Setting {
  readonly streams: StreamStarts
}

/** A packet line, compiled: where it looks, and what has to be true of a packet there. */
export class Line {
  readonly text: string
  /** SENT or RECEIVED. */
  readonly kind: number
  /** Numbers of the interfaces it looks at, rising. */
  readonly at: readonly number[]
  private readonly line: PacketLine
  private readonly looks: Uint8Array
  private readonly conditions: readonly Condition[]
  private readonly fields: FieldConditions | undefined
  private readonly streams: StreamStarts | undefined
  private readonly places: Places

  constructor(line: PacketLine, context: LineContext, fields?: FieldConditions) {
    this.line = line
    this.text = line.text
    this.places = context.places
    this.kind = line.direction === 'out' ? SENT : RECEIVED
    this.at = placesOf(line.place, context.places)
    this.looks = new Uint8Array(context.places.list.length)
    for (const place of this.at) this.looks[place] = 1
    this.conditions = conditionsOf(line.packet, context)
    this.fields = fields
    this.streams = usesStreams(line.packet) ? context.streams : undefined
  }

  /** Has `watcher` called for each frame where this line looks. */
  watch(lookout: Lookout, watcher: FrameWatcher): void {
    this.prepare(lookout)
    for (const place of this.at) lookout.watch(this.kind, place, watcher)
  }

  /** Watches what the line needs to know of frames before; `watch` does so too. */
  prepare(lookout: Lookout): void {
    for (const place of this.at) {
      this.streams?.watch(lookout, place)
      this.fields?.prepare(lookout, place)
    }
  }

  looksAt(kind: number, place: number): boolean {
    return kind === this.kind && this.looks[place] === 1
  }

  /** Whether the packet fits; place and direction have been seen to. */
  fits(frame: Frame, reading: Reading): boolean {
    for (let i = 0; i < this.conditions.length; i++) {
      if (!this.conditions[i]!.holds(reading)) return false
    }
    return this.fields === undefined || this.fields.hold(frame, reading.place)
  }

  /** How near a frame comes: the place counts most, then what kind of packet it is. */
  nearness(kind: number, place: number, frame: Frame, reading: Reading): number {
    let score = this.looks[place] === 1 ? 8 : 0
    if (kind === this.kind) score += 4
    const [first, ...others] = this.conditions
    if (first?.holds(reading)) score += 6
    for (const condition of others) {
      if (condition.holds(reading)) score += condition.name === 'flags' ? 3 : 2
    }
    return this.fields === undefined ? score : score + this.fields.held(frame, place)
  }

  differences(kind: number, place: number, frame: Frame, reading: Reading): Difference[] {
    const list: Difference[] = []
    if (this.looks[place] !== 1) {
      const expected = showPlace(this.line.place)
      list.push({ name: 'place', expected, actual: this.places.name(place) })
    }
    if (kind !== this.kind) {
      const actual = kind === SENT ? 'out' : 'in'
      list.push({ name: 'direction', expected: this.line.direction, actual })
    }
    for (const condition of this.conditions) {
      if (condition.holds(reading)) continue
      const { name, expected } = condition
      list.push({ name, expected, actual: condition.actual(reading) })
    }
    return this.fields === undefined ? list : [...list, ...this.fields.differences(frame, place)]
  }
}

function usesStreams(pattern: PacketPattern): boolean {
  if (pattern.kind === 'arp') return false
  if (needsStreams(pattern.details)) return true
  return 'inner' in pattern && pattern.inner !== undefined && usesStreams(pattern.inner)
}
