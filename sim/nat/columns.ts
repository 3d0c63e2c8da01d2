export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array

/** The wider column with the narrower one's values at its beginning. */
export function enlarged<A extends Column>(from: A, to: A): A {
  to.set(from)
  return to
}
