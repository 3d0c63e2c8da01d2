import { add, type Layer, openLayer, type Scope } from './dissection.ts'

export const TCP = 6
export const UDP = 17

/** What a transport decoder needs to know of the packet around it. */
export interface Carried {
  readonly scope: Scope
  /** First octet of the transport header. */
  readonly at: number
  /** One past the last octet that is there. */
  readonly end: number
  /** All octets of the datagram are there, so its checksum can be verified. */
  readonly whole: boolean
  /** Unfolded sum of the pseudo header. */
  readonly pseudo: number
  readonly into: Layer[]
}

/** Octets that no decoder knows. */
export function data(scope: Scope, into: Layer[], start: number, end: number): void {
  if (end <= start) return
  const layer = openLayer(into, 'data', start, end)
  add(layer, 'data.data', scope.bytes.subarray(start, end), start, end - start)
  add(layer, 'data.len', end - start, start, 0)
}
