import * as tcp from '../../wire/tcp.ts'
import type { Reading } from './reading.ts'

/** TCP options by RFC 9293 and 7323, as far as packet lines can name them. */
export interface TcpOption {
  readonly name: 'mss' | 'wscale' | 'sackOK' | 'ts' | 'sack' | 'nop' | 'end' | 'unknown'
  /** The option's numbers: mss, shift, TSval and TSecr, edges of SACK blocks. */
  readonly values: readonly number[]
}

/** Options of a segment in their order. Off the packet path: only once all else in a line fits. */
export function readOptions(reading: Reading): TcpOption[] {
  const found: TcpOption[] = []
  if (!reading.hasTcpHeader) return found
  const { view, transport } = reading
  const end = Math.min(transport + tcp.headerLen(view, transport), reading.end)
  let at = transport + tcp.MIN_LEN
  while (at < end) {
    const kind = view.getUint8(at)
    if (kind === 0) return [...found, { name: 'end', values: [] }]
    if (kind === 1) {
      found.push({ name: 'nop', values: [] })
      at++
      continue
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0
    if (length < 2 || at + length > end) return found
    found.push(readOption(view, at, kind, length))
    at += length
  }
  return found
}

function readOption(view: DataView, at: number, kind: number, length: number): TcpOption {
  if (kind === 2 && length === 4) return { name: 'mss', values: [view.getUint16(at + 2)] }
  if (kind === 3 && length === 3) return { name: 'wscale', values: [view.getUint8(at + 2)] }
  if (kind === 4 && length === 2) return { name: 'sackOK', values: [] }
  if (kind === 8 && length === 10) {
    return { name: 'ts', values: [view.getUint32(at + 2), view.getUint32(at + 6)] }
  }
  if (kind === 5) {
    const values: number[] = []
    for (let edge = at + 2; edge + 4 <= at + length; edge += 4) values.push(view.getUint32(edge))
    return { name: 'sack', values }
  }
  return { name: 'unknown', values: [kind, length] }
}

/** Options as a packet line writes them. */
export function showOptions(options: readonly TcpOption[]): string {
  const words = options.map(({ name, values }) => {
    if (name === 'ts') return `ts ${values[0]}/${values[1]}`
    if (name === 'sack') {
      const blocks: string[] = []
      for (let i = 0; i + 1 < values.length; i += 2)
        blocks.push(`sack ${values[i]}:${values[i + 1]}`)
      return blocks.join(',')
    }
    return [name, ...values].join(' ')
  })
  return `<${words.join(',')}>`
}
