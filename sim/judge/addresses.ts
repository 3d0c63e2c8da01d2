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
  private readonly v4 = new Set<number>()
  private readonly v6: (readonly [number, number, number, number])[] = []

  constructor(addresses: readonly JudgedAddress[]) {
    for (const address of addresses) {
      if (address.family === 4) this.v4.add(address.v4)
      else this.v6.push(address.words)
    }
  }

  get size(): number {
    return this.v4.size + this.v6.length
  }

  /** Whether the address of a family whose octets begin at `at` is one of them. */
  hasAt(view: DataView, at: number, family: 4 | 6): boolean {
    if (family === 4) return this.v4.has(view.getUint32(at))
    const last = view.getUint32(at + 12)
    for (let i = 0; i < this.v6.length; i++) {
      const [a, b, c, d] = this.v6[i]!
      if (d !== last || view.getUint32(at) !== a) continue
      if (view.getUint32(at + 4) === b && view.getUint32(at + 8) === c) return true
    }
    return false
  }
}
