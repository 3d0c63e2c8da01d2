/** Old slots that each insertion looks at while an index grows: more than enough to be done. */
const LOOKED_AT = 8

/**
 * Open addressing for tuples: slots hold entries (0 and more), found from the slot that their hash
 * names onwards. Looking up is the owner's loop, since only it can compare tuples:
 *
 *   for (let slot = hash & index.mask; index.slots[slot] !== 0; slot = (slot + 1) & index.mask)
 *
 * An index that grows moves a few entries with each insertion, so that none has to wait for all of
 * them: what is not in `slots` may be in `older`, which is looked up in the same way.
 */
export class TupleIndex {
  /** Entry + 1, 0 for an empty slot. */
  slots: Int32Array
  /** Number of slots - 1; they are a power of two. */
  mask: number
  /** Slots from before the last growth; one empty slot when everything has moved. */
  older: Int32Array = new Int32Array(1)
  olderMask = 0
  /** Slot of `older` before which all are empty. */
  private moved = 0
  private readonly hashOf: (entry: number) => number

  constructor(slots: number, hashOf: (entry: number) => number) {
    this.slots = new Int32Array(slots)
    this.mask = slots - 1
    this.hashOf = hashOf
  }

  get octets(): number {
    return this.slots.byteLength + this.older.byteLength
  }

  insert(entry: number): void {
    this.place(entry)
    if (this.olderMask !== 0) this.move(LOOKED_AT)
  }

  /** Removes an entry. */
  erase(entry: number): void {
    const { slots, mask } = this
    let slot = this.hashOf(entry) & mask
    while (slots[slot] !== entry + 1 && slots[slot] !== 0) slot = (slot + 1) & mask
    if (slots[slot] !== 0) return this.clear(slots, mask, slot)
    const { older, olderMask } = this
    slot = this.hashOf(entry) & olderMask
    while (older[slot] !== entry + 1) slot = (slot + 1) & olderMask
    this.clear(older, olderMask, slot)
  }

  /** Twice the slots. */
  grow(): void {
    this.move(this.older.length * 2)
    this.older = this.slots
    this.olderMask = this.mask
    this.moved = 0
    this.slots = new Int32Array(this.slots.length * 2)
    this.mask = this.slots.length - 1
  }

  private place(entry: number): void {
    let slot = this.hashOf(entry) & this.mask
    while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask
    this.slots[slot] = entry + 1
  }

  /** Moves what stands in the next old slots; each step empties a slot, or passes an empty one. */
  private move(steps: number): void {
    const { older, olderMask } = this
    for (let left = steps; left > 0 && this.moved <= olderMask; left--) {
      const entry = older[this.moved]! - 1
      if (entry < 0) this.moved++
      else {
        this.clear(older, olderMask, this.moved)
        this.place(entry)
      }
    }
    if (this.moved <= olderMask) return
    this.older = new Int32Array(1)
    this.olderMask = 0
  }

  /** Empties a slot and moves those behind it up, so that no gap cuts a probe sequence. */
  private clear(slots: Int32Array, mask: number, at: number): void {
    let gap = at
    let slot = at
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
}
