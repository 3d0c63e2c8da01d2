import { textAt } from './addresses.ts'
import type { Seen } from './invariant.ts'

/** Addresses and ports of a packet; of an echo its identifier stands on the side that asked. */
export interface Ends {
  readonly protocol: number
  readonly src: string
  readonly srcPort: number
  readonly dst: string
  readonly dstPort: number
  /** Of TCP, else 0. */
  readonly flags: number
}

const TCP = 6
const UDP = 17
const ICMP = 1
const ICMPV6 = 58

/** Reads the ends of TCP, UDP and echo requests of either family; undefined for anything else. */
export function endsOf({ view, start, end }: Seen): Ends | undefined {
  if (end - start < 14) return undefined
  const at = start + 14
  const type = view.getUint16(start + 12)
  if (type === 0x0800) {
    if (end - at < 28 || (view.getUint16(at + 6) & 0x1fff) !== 0) return undefined
    const transport = at + (view.getUint8(at) & 15) * 4
    const src = textAt(view, at + 12, 4)
    const dst = textAt(view, at + 16, 4)
    return withPorts(view, view.getUint8(at + 9), transport, end, src, dst)
  }
  if (type !== 0x86dd || end - at < 48) return undefined
  const src = textAt(view, at + 8, 6)
  return withPorts(view, view.getUint8(at + 6), at + 40, end, src, textAt(view, at + 24, 6))
}

function withPorts(
  view: DataView,
  protocol: number,
  transport: number,
  end: number,
  src: string,
  dst: string,
): Ends | undefined {
  if (transport + 8 > end) return undefined
  if (protocol === TCP || protocol === UDP) {
    const flags = protocol === TCP && transport + 14 <= end ? view.getUint8(transport + 13) : 0
    const srcPort = view.getUint16(transport)
    return { protocol, src, srcPort, dst, dstPort: view.getUint16(transport + 2), flags }
  }
  const asks =
    (protocol === ICMP && view.getUint8(transport) === 8) ||
    (protocol === ICMPV6 && view.getUint8(transport) === 128)
  if (!asks) return undefined
  return { protocol, src, srcPort: view.getUint16(transport + 4), dst, dstPort: 0, flags: 0 }
}
