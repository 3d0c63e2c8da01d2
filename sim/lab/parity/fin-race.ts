import type { NormalFrame } from './normal.ts'

/**
 * A FIN that no data came before is acknowledged at the next 4 ms tick, or by the other FIN if the
 * program closes before: chance decides. Leaves out these ACKs, and the IP ids and echoed time
 * stamps of what follows such a FIN.
 */
export function withoutFinRace(frames: readonly NormalFrame[]): NormalFrame[] {
  const lonely = new Set<string>()
  const closed = new Set<string>()
  const kept: NormalFrame[] = []
  for (const frame of frames) {
    const { tcp } = frame
    if (tcp === undefined) {
      kept.push(frame)
      continue
    }
    const bare = tcp.flags === 'A' && tcp.ack === 2 && tcp.len === 0
    if (bare && lonely.has(tcp.back) && !closed.has(tcp.flow)) continue
    if (tcp.flags.includes('F')) {
      closed.add(tcp.flow)
      if (tcp.seq === 1 && tcp.len === 0) lonely.add(tcp.flow)
    }
    const after = lonely.has(tcp.flow) || lonely.has(tcp.back)
    kept.push(after ? withoutIdents(frame) : frame)
  }
  return kept
}

function withoutIdents(frame: NormalFrame): NormalFrame {
  const fields = frame.fields.filter((field) => field.name !== 'ip.id' && field.kind !== 'echo')
  return { ...frame, fields }
}
