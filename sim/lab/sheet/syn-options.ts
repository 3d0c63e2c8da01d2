import { LineError } from './line-reader.ts'
import { readOptionList } from './packet-line.ts'
import type { OptionPattern } from './types.ts'

const MOST_OCTETS = 40

/** Octets of TCP options as a packet line writes them, `<mss 1460,nop>`, or what is wrong. */
export function readSynOptions(text: string): number[] | Error {
  try {
    const octets = readOptionList(text).flatMap(octetsOf)
    if (octets.length <= MOST_OCTETS) return octets
    return new Error(
      `these options take ${octets.length} octets, a TCP header holds ${MOST_OCTETS}`,
    )
  } catch (error) {
    if (error instanceof LineError) return new Error(error.message)
    throw error
  }
}

function octetsOf(option: OptionPattern): number[] {
  switch (option.kind) {
    case 'nop':
      return [1]
    case 'mss':
      return [2, 4, ...word16(fits(option.value, 0xffff))]
    case 'wscale':
      return [3, 3, fits(option.value, 0xff)]
    case 'sackOK':
      return [4, 2]
    case 'sack':
      return [5, 10, ...word32(option.from), ...word32(option.to)]
    case 'ts':
      return [8, 10, ...word32(option.value ?? 0), ...word32(option.echo ?? 0)]
    case 'rest':
      throw new LineError(`'*' stands for options that are not compared; nobody can send it`, 0)
  }
}

function fits(value: number, most: number): number {
  if (value <= most) return value
  throw new LineError(`${value} does not fit in this option, which holds at most ${most}`, 0)
}

const word16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff]
const word32 = (value: number): number[] => [...word16(value >>> 16), ...word16(value)]
