import * as tcp from '../../wire/tcp.ts'
import type { Details, OptionPattern } from '../sheet/types.ts'
import { type Condition, numeric } from './condition.ts'
import type { Reading } from './reading.ts'
import type { StreamStarts } from './streams.ts'
import { readOptions, showOptions, type TcpOption } from './tcp-options.ts'

/** Whether these details need to know where each direction of a flow began. */
export function needsStreams(details: Details): boolean {
  if (details.seq !== undefined || details.ack !== undefined) return true
  return details.options?.some((option) => option.kind === 'sack') ?? false
}

/** Conditions of what stands behind the ends of a packet line. */
export function detailConditions(details: Details, streams: StreamStarts): Condition[] {
  const list: Condition[] = []
  const number = (
    name: string,
    expected: number | undefined,
    read: (reading: Reading) => number,
  ): void => {
    if (expected !== undefined) list.push(numeric(name, expected, read))
  }
  number('ttl', details.ttl, (r) => r.hopLimit)
  number('id', details.id, (r) => r.ident)
  number('tos', details.tos, (r) => r.trafficClass)
  if (details.df !== undefined) list.push(dontFragment(details.df))
  number('len', details.len, (r) => r.payloadLen)
  number('win', details.win, (r) => (r.hasTcpHeader ? tcp.window(r.view, r.transport) : -1))
  number('seq', details.seq, (r) => streams.sequence(r))
  number('end of seq', details.seqEnd, (r) => {
    return r.hasTcpHeader ? (streams.sequence(r) + r.payloadLen) % 0x1_0000_0000 : -1
  })
  number('ack', details.ack, (r) => {
    if (!r.hasTcpHeader || (r.flags & tcp.ACK) === 0) return -1
    return streams.opposite(r, tcp.acknowledgment(r.view, r.transport))
  })
  if (details.options !== undefined) list.push(optionCondition(details.options, streams))
  return list
}

function dontFragment(expected: boolean): Condition {
  const show = (set: boolean): string => (set ? 'set' : 'not set')
  return {
    name: 'DF',
    expected: show(expected),
    holds: (r) => r.protocol >= 0 && r.dontFragment === expected,
    actual: (r) => (r.protocol < 0 ? 'none' : show(r.dontFragment)),
  }
}

/**
 * Options stand in the order of the line. With `*` others may stand between them; without, there
 * are no others, but for the padding (`nop`) when the line names none.
 */
function optionCondition(patterns: readonly OptionPattern[], streams: StreamStarts): Condition {
  const open = patterns.some((pattern) => pattern.kind === 'rest')
  const named = patterns.filter((pattern) => pattern.kind !== 'rest')
  const padding = named.some((pattern) => pattern.kind === 'nop')
  const present = (r: Reading): TcpOption[] =>
    relativeSack(readOptions(r), r, streams).filter(
      (option) => padding || (option.name !== 'nop' && option.name !== 'end'),
    )
  return {
    name: 'options',
    expected: `<${patterns.map(showPattern).join(',')}>`,
    holds: (r) => {
      if (!r.hasTcpHeader) return false
      const options = present(r)
      if (!open && options.length !== named.length) return false
      let at = 0
      for (const pattern of named) {
        while (open && at < options.length && !fitsOption(pattern, options[at]!)) at++
        if (at >= options.length || !fitsOption(pattern, options[at]!)) return false
        at++
      }
      return true
    },
    actual: (r) => showOptions(present(r)),
  }
}

/** Options with SACK edges counted from the start of the other direction, a block an option. */
function relativeSack(
  options: readonly TcpOption[],
  reading: Reading,
  streams: StreamStarts,
): TcpOption[] {
  return options.flatMap((option): TcpOption[] => {
    if (option.name !== 'sack') return [option]
    const blocks: TcpOption[] = []
    for (let i = 0; i + 1 < option.values.length; i += 2) {
      const edges = option.values.slice(i, i + 2).map((edge) => streams.opposite(reading, edge))
      blocks.push({ name: 'sack', values: edges })
    }
    return blocks
  })
}

function fitsOption(pattern: OptionPattern, option: TcpOption): boolean {
  if (pattern.kind !== option.name) return false
  switch (pattern.kind) {
    case 'mss':
    case 'wscale':
      return option.values[0] === pattern.value
    case 'ts':
      return (
        (pattern.value === undefined || option.values[0] === pattern.value) &&
        (pattern.echo === undefined || option.values[1] === pattern.echo)
      )
    case 'sack':
      return option.values[0] === pattern.from && option.values[1] === pattern.to
    default:
      return true
  }
}

function showPattern(pattern: OptionPattern): string {
  switch (pattern.kind) {
    case 'rest':
      return '*'
    case 'mss':
    case 'wscale':
      return `${pattern.kind} ${pattern.value}`
    case 'ts':
      return `ts ${pattern.value ?? '*'}/${pattern.echo ?? '*'}`
    case 'sack':
      return `sack ${pattern.from}:${pattern.to}`
    default:
      return pattern.kind
  }
}
