import type { Dissection, Field, Layer, Value } from './dissection.ts'
import { EITHER, FIELD_TYPES } from './fields.ts'

/**
 * All occurrences of a field, in the order of the frame, quoted packets included, as Wireshark
 * takes them. A name of two fields (`ip.addr`) gives both; a protocol's name gives one field a
 * layer, whose octets run from the layer's start to the end of its content.
 */
export function fieldsOf(d: Dissection, name: string): Field[] {
  const found: Field[] = []
  if (FIELD_TYPES.get(name) === 'protocol') collectLayers(d.layers, name, found)
  else collect(d.layers, EITHER.get(name) ?? [name], found)
  return found
}

/** Value of the first occurrence, or undefined. */
export function firstValue(d: Dissection, name: string): Value | undefined {
  return fieldsOf(d, name)[0]?.value
}

/** Like `firstValue`, for a field that is a number. */
export function numberOf(d: Dissection, name: string): number | undefined {
  const value = firstValue(d, name)
  return typeof value === 'number' ? value : undefined
}

/** The outermost layer of this name, or undefined. */
export function layerOf(d: Dissection, name: string): Layer | undefined {
  return d.layers.find((layer) => layer.name === name)
}

/** A field of one layer, or undefined. */
export function fieldIn(layer: Layer, name: string): Field | undefined {
  return layer.fields.find((field) => field.name === name)
}

function collect(layers: readonly Layer[], names: readonly string[], found: Field[]): void {
  for (const layer of layers) {
    for (const field of layer.fields) if (names.includes(field.name)) found.push(field)
    if (layer.quoted.length > 0) collect(layer.quoted, names, found)
  }
}

function collectLayers(layers: readonly Layer[], name: string, found: Field[]): void {
  for (const layer of layers) {
    if (layer.name === name) {
      found.push({ name, value: name, start: layer.start, end: layer.end })
    }
    collectLayers(layer.quoted, name, found)
  }
}
