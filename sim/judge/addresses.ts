import { showValue } from './plain.ts'

/** An address as plans write it. */
export type JudgedAddress =
  | { readonly family: 4; readonly v4: number }
  | { readonly family: 6; readonly words: readonly [number, number, number, number] }

/** Text of an address. */
export function addressText(address: JudgedAddress): string {
  if (address.family === 4) return String(showValue('ip.src', address.v4))
  const view = new DataView(new ArrayBuffer(16))
  for (const [i, word] of address.words.entries()) view.setUint32(i * 4, word)
  return textAt(view, 0, 6)
}

/** Text of the address of a family whose octets begin at `at`. */
export function textAt(view: DataView, at: number, family: 4 | 6): string {
  if (family === 4) return String(showValue('ip.src', view.getUint32(at)))
  const octets = new Uint8Array(view.buffer, view.byteOffset + at, 16)
  return String(showValue('ipv6.src', octets))
}

/** A few addresses, looked up where they stand in packets without making anything of them. */
export class AddressSet {
  /** Open addressing, at most half full; 0 marks a free slot, and no machine is 0.0.0.0. */
  private readonly v4: Int32Array
  private readonly v4Mask: number
  private readonly v6: (readonly [number, number, number, number])[] = []

  constructor(addresses: readonly JudgedAddress[]) {
    let slots = 4
    while (slots < addresses.length * 2) slots *= 2
    this.v4 = new Int32Array(slots)
    this.v4Mask = slots - 1
    for (const address of addresses) {
      if (address.family === 6) this.v6.push(address.words)
      else this.v4[this.slotOf(address.v4 | 0)] = address.v4
    }
  }

  /** Whether the address of a family whose octets begin at `at` is one of them. */
  hasAt(view: DataView, at: number, family: 4 | 6): boolean {
    if (family === 4) return this.v4[this.slotOf(view.getInt32(at))] !== 0
    const last = view.getUint32(at + 12)
    for (let i = 0; i < this.v6.length; i++) {
      const [a, b, c, d] = this.v6[i]!
      if (d !== last || view.getUint32(at) !== a) continue
      if (view.getUint32(at + 4) === b && view.getUint32(at + 8) === c) return true
    }
    return false
  }

  /** Where an address of IPv4 stands, or the free slot where it would. */
  private slotOf(address: number): number {
    const { v4, v4Mask } = this
    let slot = (Math.imul(address, 0x9e3779b1) >>> 16) & v4Mask
    while (v4[slot] !== 0 && v4[slot] !== address) slot = (slot + 1) & v4Mask
    return slot
  }
}
