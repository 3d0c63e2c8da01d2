import { dissect, fieldIn, type Layer } from '../../judge/index.ts'
import type { MendedWord, Mending, OctetChange } from '../../show/explanation.ts'

/** A checksum in a frame, and the octets it covers: stretches of whole 16-bit words. */
interface Covering {
  readonly field: string
  /** Offset of the checksum itself. */
  readonly at: number
  readonly stretches: readonly (readonly [number, number])[]
}

/**
 * For each checksum that changed: how it follows from the old one and the words under it that
 * changed, as RFC 1624 eqn. 3 has it, HC' = ~(~HC + ~m + m').
 */
export function mendings(
  before: Uint8Array,
  after: Uint8Array,
  changes: readonly OctetChange[],
): Mending[] {
  if (before.length !== after.length) return []
  const coverings = coveringsOf(dissect(after, 0, after.length).layers, after.length, '')
  return coverings.flatMap((covering) => {
    const isChanged = changes.some(
      ({ field, start }) => field === covering.field && start === covering.at,
    )
    return isChanged ? [mendingOf(covering, before, after, changes)] : []
  })
}

function mendingOf(
  { field, at, stretches }: Covering,
  before: Uint8Array,
  after: Uint8Array,
  changes: readonly OctetChange[],
): Mending {
  const words: MendedWord[] = []
  for (const [start, end] of stretches) {
    for (let i = start; i < end; i += 2) {
      const [m, next] = [word(before, i), word(after, i)]
      if (m === next || i === at) continue
      const change = changes.find((each) => each.start < i + 2 && i < each.end)
      words.push({ field: change?.field ?? 'octets', before: m, after: next })
    }
  }
  const old = word(before, at)
  let sum = ~old & 0xffff
  for (const { before: m, after: next } of words) sum += (~m & 0xffff) + next
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000)
  const result = ~folded & 0xffff
  return { field, before: old, words, sum, folded, result, after: word(after, at) }
}

/** An odd last octet counts as the high half of a word. */
function word(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | (octets[at + 1] ?? 0)
}

function coveringsOf(layers: readonly Layer[], frameEnd: number, quoted: string): Covering[] {
  const found: Covering[] = []
  /** What a transport checksum covers of the IP header around it, and where the packet ends. */
  let addresses: readonly [number, number] = [0, 0]
  let end = frameEnd
  for (const layer of layers) {
    const { name, start } = layer
    const checksum = fieldIn(layer, `${name}.checksum`)
    const add = (...stretches: (readonly [number, number])[]): void => {
      if (checksum === undefined) return
      found.push({ field: `${quoted}${checksum.name}`, at: checksum.start, stretches })
    }
    if (name === 'ip') {
      addresses = [start + 12, start + 20]
      end = Math.min(frameEnd, start + numberIn(layer, 'ip.len'))
      add([start, layer.end])
    } else if (name === 'ipv6') {
      addresses = [start + 8, start + 40]
      end = Math.min(frameEnd, start + 40 + numberIn(layer, 'ipv6.plen'))
    } else if (name === 'icmp') add([start, end])
    else if (['tcp', 'udp', 'icmpv6'].includes(name)) add(addresses, [start, end])
    found.push(...coveringsOf(layer.quoted, end, 'quoted '))
  }
  return found
}

function numberIn(layer: Layer, name: string): number {
  const value = fieldIn(layer, name)?.value
  return typeof value === 'number' ? value : 0
}
