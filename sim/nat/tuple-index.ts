/**
 * Open addressing for tuples: slots hold entries (0 and more), found from the slot that their hash
 * names onwards. Looking up is the owner's loop, since only it can compare tuples:
 *
 *   for (let slot = hash & index.mask; index.slots[slot] !== 0; slot = (slot + 1) & index.mask)
 */
export class TupleIndex {
  /** Entry + 1, 0 for an empty slot. */
  slots: Int32Array
  /** Number of slots - 1; they are a power of two. */
  mask: number
  private readonly hashOf: (entry: number) => number

  constructor(slots: number, hashOf: (entry: number) => number) {
    this.slots = new Int32Array(slots)
    this.mask = slots - 1
    this.hashOf = hashOf
  }

  insert(entry: number): void {
    let slot = this.hashOf(entry) & this.mask
    while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask
    this.slots[slot] = entry + 1
  }

  /** Removes an entry and moves those behind it up, so that no gap cuts a probe sequence. */
  erase(entry: number): void {
    const { slots, mask } = this
    let gap = this.hashOf(entry) & mask
    while (slots[gap] !== entry + 1) gap = (gap + 1) & mask
    let slot = gap
    for (;;) {
      slot = (slot + 1) & mask
      const other = slots[slot]!
      if (other === 0) break
      const home = this.hashOf(other - 1) & mask
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        slots[gap] = other
        gap = slot
      }
    }
    slots[gap] = 0
  }

  /** Twice the slots, empty: the owner inserts all entries anew, so the old need not be kept. */
  double(): void {
    this.slots = new Int32Array(this.slots.length * 2)
    this.mask = this.slots.length - 1
  }
}
