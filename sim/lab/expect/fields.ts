import { compile, type Filter } from '../../filter/index.ts'
import { type Dissection, FIELD_TYPES, fieldsOf, type Value } from '../../judge/index.ts'
import type { Plan } from '../../../topology/plan.ts'
import { formatAddress, formatIpv4, formatMac } from '../../wire/address.ts'
import type { Frame } from '../../wire/frame.ts'
import type { With } from '../sheet/types.ts'
import type { Difference } from '../verdict.ts'
import { resolved } from './addresses.ts'
import { Dissector } from './dissector.ts'
import type { Lookout } from './lookout.ts'

interface FieldCondition {
  readonly name: string
  readonly expected: string
  readonly filter: Filter
}

/** The `with` of a line: fields by Wireshark's names, each with one exact value. */
export class FieldConditions {
  private readonly conditions: readonly FieldCondition[]
  private readonly dissector: Dissector

  private constructor(conditions: readonly FieldCondition[]) {
    this.conditions = conditions
    this.dissector = new Dissector(conditions.some(({ filter }) => filter.needsConversations))
  }

  /** Undefined when there is nothing to compare. The reader of the sheet has seen to the names. */
  static of(fields: With, plan: Plan): FieldConditions | undefined {
    if (fields.length === 0) return undefined
    return new FieldConditions(
      fields.map(([name, value]) => {
        const expected = resolved(String(value), plan)
        const text = FIELD_TYPES.get(name) === 'string' ? JSON.stringify(expected) : expected
        return { name, expected, filter: compiled(`${name} == ${text}`) }
      }),
    )
  }

  /** Watches what it needs to know of frames before. */
  prepare(lookout: Lookout, place: number): void {
    this.dissector.watch(lookout, place)
  }

  hold(frame: Frame, place: number): boolean {
    const d = this.dissector.of(frame, place)
    return this.conditions.every(({ filter }) => filter.test(d))
  }

  /** How many of the fields have their value. */
  held(frame: Frame, place: number): number {
    const d = this.dissector.of(frame, place)
    return this.conditions.filter(({ filter }) => filter.test(d)).length
  }

  differences(frame: Frame, place: number): Difference[] {
    const d = this.dissector.of(frame, place)
    return this.conditions
      .filter(({ filter }) => !filter.test(d))
      .map(({ name, expected }) => ({ name, expected, actual: shown(d, name) }))
  }
}

/** A filter that is known to be right: the reader of the sheet has compiled it before. */
export function compiled(text: string): Filter {
  const filter = compile(text)
  if ('problem' in filter) throw new TypeError(`filter '${text}': ${filter.problem}`)
  return filter
}

/** A display filter over frames as they pass, in both directions of each place it is used at. */
export class FrameFilter {
  readonly text: string
  private readonly filter: Filter
  private readonly dissector: Dissector

  constructor(text: string) {
    this.text = text
    this.filter = compiled(text)
    this.dissector = new Dissector(this.filter.needsConversations)
  }

  /** It looks at numbers that count from the beginning of a connection. */
  get needsConversations(): boolean {
    return this.filter.needsConversations
  }

  test(frame: Frame, place: number): boolean {
    return this.filter.test(this.dissector.of(frame, place))
  }
}

/** All values of a field in a frame, for people. */
function shown(d: Dissection, name: string): string {
  const found = fieldsOf(d, name)
  return found.length === 0 ? 'none' : found.map(({ value }) => showValue(name, value)).join(', ')
}

function showValue(name: string, value: Value): string {
  const type = FIELD_TYPES.get(name)
  if (typeof value === 'string') return value
  if (typeof value === 'number') {
    if (type === 'ipv4') return formatIpv4(value)
    return type === 'ether' ? formatMac(value) : String(value)
  }
  if (type === 'ipv6') {
    const v = new DataView(value.buffer, value.byteOffset, value.byteLength)
    const words = [0, 4, 8, 12].map((at) => v.getUint32(at)) as [number, number, number, number]
    return formatAddress({ family: 6, words })
  }
  return [...value].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
}
