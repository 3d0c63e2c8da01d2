/**
 * A TCP segment as a timeline writes it: flags as tcpdump prints them (`.` is ACK), `from:to(len)`,
 * then what is left out when it does not matter. Numbers count from each side's SYN, which is 0.
 */
export interface Segment {
  /** Letters of S F R P U E W in this order, then `.` for ACK. */
  readonly flags: string
  readonly sequence: number
  readonly len: number
  /** undefined: the segment acknowledges nothing. */
  readonly ack: number | undefined
  /** As on the wire, not scaled; undefined in a line that does not care. */
  readonly window: number | undefined
  /** Each option in words: `mss 1460`, `sackOK`, `ts 10 20`, `sack 1:5 9:12`, `nop`. */
  readonly options: readonly string[]
  /** Port of the peer; undefined for that of the timeline. */
  readonly port: number | undefined
}

/** Letters in the order in which they are written, and their bits. */
export const FLAG_BITS: readonly (readonly [string, number])[] = [
  ['S', 2],
  ['F', 1],
  ['R', 4],
  ['P', 8],
  ['U', 32],
  ['E', 64],
  ['W', 128],
  ['.', 16],
]

const LINE =
  /^([SFRPUEW]*\.?) (\d+):(\d+)\((\d+)\)(?: ack (\d+))?(?: win (\d+))?(?: <([^>]+)>)?(?: port (\d+))?$/
const OPTION =
  /^(nop|sackOK|mss \d+|wscale \d+|ts (\d+|\*) (\d+|last|\*)|sack( \d+:\d+){1,4}|kind \d+)$/

/** Reads a line's segment; throws an Error with a sentence when it is none. */
export function parseSegment(text: string): Segment {
  const parts = LINE.exec(text)
  if (parts === null) throw new Error(`'${text}' is no segment; write FLAGS FROM:TO(LEN) ...`)
  const [, letters = '', from, to, len, ack, window, list, port] = parts
  const number = (digits: string | undefined): number | undefined =>
    digits === undefined ? undefined : Number(digits)
  const flags = FLAG_BITS.map(([letter]) => (letters.includes(letter) ? letter : '')).join('')
  if (flags.length !== letters.length) throw new Error(`'${letters}' names a flag twice`)
  const [sequence, octets] = [Number(from), Number(len)]
  if (Number(to) - sequence !== octets) {
    throw new Error(`${from}:${to} are ${Number(to) - sequence} octets, and the line says ${len}`)
  }
  if (flags.endsWith('.') !== (ack !== undefined)) {
    throw new Error(`'.' and 'ack' go together, and '${text}' has one of them`)
  }
  const options = list === undefined ? [] : list.split(',')
  for (const option of options) {
    if (!OPTION.test(option)) throw new Error(`'${option}' is no option`)
  }
  return {
    flags,
    sequence,
    len: octets,
    ack: number(ack),
    window: number(window),
    options,
    port: number(port),
  }
}

/** The line of a segment. */
export function segmentLine(segment: Segment): string {
  const { flags, sequence, len, ack, window, options, port } = segment
  return [
    `${flags} ${sequence}:${sequence + len}(${len})`,
    ack === undefined ? '' : ` ack ${ack}`,
    window === undefined ? '' : ` win ${window}`,
    options.length === 0 ? '' : ` <${options.join(',')}>`,
    port === undefined ? '' : ` port ${port}`,
  ].join('')
}

/**
 * What is wrong with `got`, or undefined. Options are compared one by one, `nop` included; a clock
 * in `ts` may be off by what a timer may.
 */
export function difference(
  wanted: Segment,
  got: Segment,
  clockMs: readonly [number, number],
): string | undefined {
  for (const key of ['flags', 'sequence', 'len', 'ack', 'port'] as const) {
    if (wanted[key] !== got[key]) return `${key} is ${got[key] ?? 'absent'}`
  }
  if (wanted.window !== undefined && wanted.window !== got.window) return `win is ${got.window}`
  if (wanted.options.length !== got.options.length) return `there are other options`
  for (const [i, option] of wanted.options.entries()) {
    const other = got.options[i]!
    if (option === other) continue
    if (!sameStamps(option, other, clockMs)) return `an option is ${other}`
  }
  return undefined
}

function sameStamps(wanted: string, got: string, [least, most]: readonly [number, number]) {
  const [kind, value, echo] = wanted.split(' ')
  const [otherKind, otherValue, otherEcho] = got.split(' ')
  if (kind !== 'ts' || otherKind !== 'ts') return false
  const off = Number(otherValue) - Number(value)
  if (value !== '*' && (off < least || off > most)) return false
  return echo === '*' || echo === otherEcho
}
