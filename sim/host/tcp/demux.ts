/** What a connection's four numbers lead to: kind x 2^28 + row. */
export const KIND_SOCKET = 0
export const KIND_REQUEST = 1
export const KIND_TIME_WAIT = 2
const KIND_BITS = 28
export const NOTHING = -1

export const kindOf = (value: number): number => value >>> KIND_BITS
export const rowOf = (value: number): number => value & ((1 << KIND_BITS) - 1)
export const valueOf = (kind: number, row: number): number => (kind << KIND_BITS) | row

/**
 * Finds what belongs to (local address, remote address, local port, remote port): a hash table with
 * open addressing and linear probing in typed arrays; removal shifts back, so there are no
 * tombstones. Addresses are numbers of either family.
 */
export class Demux {
  private mask: number = 1023
  private used = 0
  private local: Uint32Array = new Uint32Array(1024)
  private remote: Uint32Array = new Uint32Array(1024)
  private ports: Uint32Array = new Uint32Array(1024)
  private values: Int32Array = new Int32Array(1024).fill(NOTHING)

  get size(): number {
    return this.used
  }

  find(local: number, remote: number, ports: number): number {
    const { mask } = this
    let i = hashOf(local, remote, ports) & mask
    for (;;) {
      const value = this.values[i]!
      if (value === NOTHING) return NOTHING
      if (this.ports[i] === ports && this.remote[i] === remote && this.local[i] === local) {
        return value
      }
      i = (i + 1) & mask
    }
  }

  /** Adds the four numbers, or gives them another value. */
  set(local: number, remote: number, ports: number, value: number): void {
    if (this.used * 2 > this.mask) this.grow()
    const { mask } = this
    let i = hashOf(local, remote, ports) & mask
    while (this.values[i] !== NOTHING) {
      if (this.ports[i] === ports && this.remote[i] === remote && this.local[i] === local) {
        this.values[i] = value
        return
      }
      i = (i + 1) & mask
    }
    this.used++
    this.place(i, local, remote, ports, value)
  }

  delete(local: number, remote: number, ports: number): boolean {
    const { mask } = this
    let i = hashOf(local, remote, ports) & mask
    for (;;) {
      if (this.values[i] === NOTHING) return false
      if (this.ports[i] === ports && this.remote[i] === remote && this.local[i] === local) break
      i = (i + 1) & mask
    }
    this.used--
    let hole = i
    for (;;) {
      i = (i + 1) & mask
      const value = this.values[i]!
      if (value === NOTHING) break
      const home = hashOf(this.local[i]!, this.remote[i]!, this.ports[i]!) & mask
      // An entry may move into the hole unless its home lies behind the hole, up to the entry.
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      this.place(hole, this.local[i]!, this.remote[i]!, this.ports[i]!, value)
      hole = i
    }
    this.values[hole] = NOTHING
    return true
  }

  private place(i: number, local: number, remote: number, ports: number, value: number): void {
    this.local[i] = local
    this.remote[i] = remote
    this.ports[i] = ports
    this.values[i] = value
  }

  private grow(): void {
    const { local, remote, ports, values } = this
    const capacity = values.length * 2
    this.mask = capacity - 1
    this.local = new Uint32Array(capacity)
    this.remote = new Uint32Array(capacity)
    this.ports = new Uint32Array(capacity)
    this.values = new Int32Array(capacity).fill(NOTHING)
    this.used = 0
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== NOTHING) this.set(local[i]!, remote[i]!, ports[i]!, values[i]!)
    }
  }
}

/** Mixes four numbers into 32 bits, with a secret for what must not be guessed. */
export function hashOf(local: number, remote: number, ports: number, secret = 0): number {
  let h = Math.imul(local ^ secret, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 15) ^ remote, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13) ^ ports, 0xc2b2ae35)
  h ^= h >>> 16
  h = Math.imul(h, 0x7feb352d)
  return (h ^ (h >>> 15)) >>> 0
}
