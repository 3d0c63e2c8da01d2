/** Points in order of their hash, each with the number of its owner; the ends meet. */
export class Ring {
  private readonly hashes: Uint32Array
  private readonly owners: Uint32Array

  /** Points as hash x `OWNERS` + owner, in any order. Of equal hashes the lowest owner stays. */
  constructor(points: readonly number[]) {
    const sorted = Float64Array.from(points).sort((a, b) => a - b)
    const kept = sorted.filter((point, i) => i === 0 || hashOf(point) !== hashOf(sorted[i - 1]!))
    this.hashes = Uint32Array.from(kept, hashOf)
    this.owners = Uint32Array.from(kept, (point) => point % OWNERS)
  }

  get size(): number {
    return this.hashes.length
  }

  /** Place of the first point at or behind a hash. The ring must not be empty. */
  place(hash: number): number {
    let low = 0
    let high = this.hashes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.hashes[middle]! < hash) low = middle + 1
      else high = middle
    }
    return low === this.hashes.length ? 0 : low
  }

  /** Place of the nearest point on either side; of two equally near the one before the hash. */
  nearest(hash: number): number {
    const next = this.place(hash)
    const before = (next === 0 ? this.size : next) - 1
    const back = (hash - this.hashes[before]!) >>> 0
    const ahead = (this.hashes[next]! - hash) >>> 0
    return back <= ahead ? before : next
  }

  /** Owner of the point at a place, counted round and round. */
  owner(place: number): number {
    return this.owners[place % this.size]!
  }
}

/** Owners that a ring can tell apart. */
export const OWNERS = 0x10_0000

function hashOf(point: number): number {
  return Math.floor(point / OWNERS)
}
