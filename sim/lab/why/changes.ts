import { dissect, type Field, type Layer, showValue } from '../../judge/index.ts'
import type { OctetChange } from '../../show/explanation.ts'

/** A field of a dissected frame with octets of its own. */
interface Named {
  readonly name: string
  readonly field: Field
}

/**
 * What differs between a frame as it came and as it left, field by field in the order of the frame.
 * Octets that no field has are told as `octets`. Fields before `from` are left out.
 */
export function changesBetween(before: Uint8Array, after: Uint8Array, from: number): OctetChange[] {
  const old = named(dissect(before, 0, before.length).layers)
  const changes: OctetChange[] = []
  const told = new Uint8Array(after.length)
  for (const [key, { name, field }] of named(dissect(after, 0, after.length).layers)) {
    const was = old.get(key)?.field
    const { start, end } = field
    if (was === undefined || start < from) continue
    const [octetsBefore, octetsAfter] = [hex(before, was.start, was.end), hex(after, start, end)]
    // A field within a field that was told, or another name of the same one.
    if (octetsBefore === octetsAfter || isTold(told, start, end)) continue
    const [shownBefore, shownAfter] = [shown(name, was), shown(name, field)]
    if (shownBefore === shownAfter) continue
    told.fill(1, start, end)
    changes.push({
      field: name,
      start,
      end,
      before: shownBefore,
      after: shownAfter,
      octetsBefore,
      octetsAfter,
    })
  }
  if (before.length === after.length) changes.push(...rest(before, after, from, told))
  return changes.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** Octets `[start .. end)` in hexadecimal. */
export function hex(octets: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += octets[i]!.toString(16).padStart(2, '0')
  return text
}

/** Fields by a name that tells equal ones apart: the path of layers, the name, the how manieth. */
function named(layers: readonly Layer[], quoted = '', into = new Map<string, Named>()) {
  for (const layer of layers) {
    if (layer.name === 'frame') continue
    for (const field of layer.fields) {
      if (field.start === field.end || field.end - field.start > 16) continue
      const name = quoted + field.name
      let key = name
      for (let i = 2; into.has(key); i++) key = `${name} ${i}`
      into.set(key, { name, field })
    }
    named(layer.quoted, 'quoted ', into)
  }
  return into
}

function isTold(told: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (told[i] === 0) return false
  return true
}

function shown(name: string, field: Field): string {
  const plain = name.replace(/^quoted /, '')
  if (typeof field.value === 'number' && /\.checksum$|\.id$|\.type$/.test(plain)) {
    return `0x${field.value.toString(16).padStart((field.end - field.start) * 2, '0')}`
  }
  return String(showValue(plain, field.value))
}

/** Stretches of octets that changed and belong to no field told before. */
function rest(
  before: Uint8Array,
  after: Uint8Array,
  from: number,
  told: Uint8Array,
): OctetChange[] {
  const found: OctetChange[] = []
  for (let start = from; start < after.length; start++) {
    if (before[start] === after[start] || told[start] === 1) continue
    let end = start + 1
    while (end < after.length && before[end] !== after[end] && told[end] === 0) end++
    const [octetsBefore, octetsAfter] = [hex(before, start, end), hex(after, start, end)]
    const change = { field: 'octets', start, end, octetsBefore, octetsAfter }
    found.push({ ...change, before: octetsBefore, after: octetsAfter })
    start = end
  }
  return found
}
