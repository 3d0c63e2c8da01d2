/**
 * What the second decoder makes of a frame: layers of named fields, by Wireshark's names.
 *
 * A field's value is a number (integers, flags as 0 and 1, an IPv4 address as unsigned 32 bits, a
 * MAC as 48 bits), a text, or octets (an IPv6 address has 16); `fields.ts` says which type a name
 * has.
 */
export type Value = number | string | Uint8Array

export interface Field {
  readonly name: string
  readonly value: Value
  /** Where it stands in `Dissection.bytes`: `[start .. end)`. */
  readonly start: number
  readonly end: number
}

export interface Layer {
  /** Wireshark's name of the protocol: `eth`, `arp`, `ip`, `tcp` ... */
  readonly name: string
  readonly start: number
  readonly end: number
  readonly fields: Field[]
  /** Layers of the packet that an ICMP error quotes. */
  readonly quoted: Layer[]
}

export interface Dissection {
  /** The buffer the frame stands in; not a copy, so it is good as long as that buffer is. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** From the outside in; the first is `frame`. */
  readonly layers: Layer[]
  /** What is wrong with the frame, each by name; empty for a sound one. */
  readonly problems: string[]
}

/** What the parts of the decoder hand to each other. */
export interface Scope {
  readonly v: DataView
  readonly bytes: Uint8Array
  readonly problems: string[]
  /** Inside the quote of an ICMP error: octets may be missing, problems are named `quoted-...`. */
  readonly quoted: boolean
}

/** Adds an empty layer to `into`. */
export function openLayer(into: Layer[], name: string, start: number, end: number): Layer {
  const layer: Layer = { name, start, end, fields: [], quoted: [] }
  into.push(layer)
  return layer
}

/** Adds a field of `length` octets at `start`. */
export function add(
  layer: Layer,
  name: string,
  value: Value | boolean,
  start: number,
  length: number,
): void {
  const kept = typeof value === 'boolean' ? (value ? 1 : 0) : value
  layer.fields.push({ name, value: kept, start, end: start + length })
}

/** Notes what is wrong. */
export function complain(scope: Scope, problem: string): void {
  scope.problems.push(scope.quoted ? `quoted-${problem}` : problem)
}

/** A 48-bit number. */
export function readMac(scope: Scope, at: number): number {
  return scope.v.getUint16(at) * 4_294_967_296 + scope.v.getUint32(at + 2)
}

/** Text of `[start .. end)`, one octet a character: what headers of text protocols are made of. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!)
  return text
}

/** Values of a field's checksum status, as Wireshark counts them. */
export const BAD = 0
export const GOOD = 1
export const UNVERIFIED = 2
export const NOT_PRESENT = 3
