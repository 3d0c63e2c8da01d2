/** A copy of the frame, damaged in one of several ways. */
export function damaged(frame: Uint8Array, below: (limit: number) => number): Uint8Array {
  const copy = frame.slice()
  const way = below(4)
  if (way === 0) return copy.slice(0, below(copy.length + 1))
  if (way === 1) {
    const longer = new Uint8Array(copy.length + below(40))
    longer.set(copy)
    return longer
  }
  const changes = 1 + below(5)
  for (let i = 0; i < changes; i++) {
    const at = way === 2 ? below(copy.length) : Math.min(12 + below(60), copy.length - 1)
    copy[at] = below(256)
  }
  return copy
}
