import type { Kind, NormalField, NormalFrame } from './normal.ts'
import type { ParityOptions } from './types.ts'

/** A field that is not alike. */
export interface Unlike {
  readonly field: string
  readonly ours: string
  readonly theirs: string
}

const NONE: ReadonlySet<number> = new Set()
const LOWEST_FREE_PORT = 1024

/**
 * Tells whether frames are alike, over all files of a comparison: what is compared by structure is
 * bound in pairs (their value stands for ours), and every later frame must keep to it.
 */
export class Likeness {
  private readonly options: ParityOptions
  private readonly forward = new Map<string, number | string>()
  private readonly backward = new Map<string, number | string>()

  constructor(options: ParityOptions) {
    this.options = options
  }

  /** The first field in which two frames differ, or undefined. */
  difference(ours: NormalFrame, theirs: NormalFrame): Unlike | undefined {
    const count = Math.max(ours.fields.length, theirs.fields.length)
    for (let i = 0; i < count; i++) {
      const a = ours.fields[i]
      const b = theirs.fields[i]
      if (a !== undefined && b !== undefined && a.name === b.name && this.alike(a, b)) continue
      const field = b?.name ?? a?.name ?? ''
      const same = a === undefined || b === undefined || a.name === b.name
      return { field, ours: same ? text(a) : `${a.name} ${text(a)}`, theirs: text(b) }
    }
    return undefined
  }

  private alike(a: NormalField, b: NormalField): boolean {
    if (a.kind !== b.kind) return false
    switch (a.kind) {
      case 'value':
        return a.value === b.value
      case 'echo':
        return overlap(String(a.value), String(b.value))
      case 'ip-id':
        return this.bound(b.value, a.value, this.backward, 'ip-id')
      default:
        return this.isFixed(a.kind, a.value, b.value) ? a.value === b.value : this.pair(a, b)
    }
  }

  private isFixed(kind: Kind, a: number | string, b: number | string): boolean {
    if (typeof a !== 'number' || typeof b !== 'number') return false
    if (kind === 'mac') {
      const fixed = this.options.fixedMacs ?? NONE
      return fixed.has(a) || fixed.has(b)
    }
    if (kind !== 'port') return false
    const fixed = this.options.fixedPorts ?? NONE
    return Math.min(a, b) < LOWEST_FREE_PORT || fixed.has(a) || fixed.has(b)
  }

  private pair(a: NormalField, b: NormalField): boolean {
    const ahead = this.forward.get(`${a.kind} ${a.value}`)
    const back = this.backward.get(`${a.kind} ${b.value}`)
    if (ahead === undefined && back === undefined) {
      this.forward.set(`${a.kind} ${a.value}`, b.value)
      this.backward.set(`${a.kind} ${b.value}`, a.value)
      return true
    }
    return ahead === b.value && back === a.value
  }

  private bound(
    from: number | string,
    to: number | string,
    table: Map<string, number | string>,
    kind: Kind,
  ): boolean {
    const known = table.get(`${kind} ${from}`)
    if (known === undefined) table.set(`${kind} ${from}`, to)
    return known === undefined || known === to
  }
}

function text(field: NormalField | undefined): string {
  return field === undefined ? 'absent' : String(field.value)
}

/** Both echo nothing, both echo what was not seen, or what they echo may be the same segment. */
function overlap(ours: string, theirs: string): boolean {
  const [lowA, highA] = ours.split(' ').map(Number)
  const [lowB, highB] = theirs.split(' ').map(Number)
  return lowA! <= highB! && lowB! <= highA!
}
