/** Flows of the skeleton by (source, destination, ports, protocol): open addressing. */
export class SkeletonFlows {
  readonly values: Int32Array
  private readonly keys: Int32Array
  private readonly mask: number

  /** `most`: entries; the table stays half empty. */
  constructor(most: number) {
    const bits = Math.max(10, Math.ceil(Math.log2(most)) + 1)
    this.mask = (1 << bits) - 1
    this.keys = new Int32Array(4 << bits)
    this.values = new Int32Array(1 << bits).fill(-1)
  }

  /** The slot of an entry, or the complement of the free slot where it would be. */
  find(src: number, dst: number, ports: number, protocol: number): number {
    const { keys, values, mask } = this
    let h = Math.imul(src, 0x9e3779b1) ^ Math.imul(dst, 0x85ebca6b) ^ Math.imul(ports, 0xc2b2ae35)
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
    let i = (h ^ (h >>> 13)) & mask
    for (; values[i] !== -1; i = (i + 1) & mask) {
      const k = i << 2
      const same = keys[k] === src && keys[k + 1] === dst && keys[k + 2] === ports
      if (same && keys[k + 3] === protocol) return i
    }
    return ~i
  }

  /** Enters what was not found in the slot it was not found in; then set its value. */
  add(slot: number, src: number, dst: number, ports: number, protocol: number): void {
    const { keys } = this
    keys[slot << 2] = src
    keys[(slot << 2) + 1] = dst
    keys[(slot << 2) + 2] = ports
    keys[(slot << 2) + 3] = protocol
  }
}
