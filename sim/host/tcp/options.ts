import { OPT_SACK, OPT_SCALE, OPT_TIMESTAMPS } from './states.ts'

/**
 * TCP options: the end and no-operation octets and the maximum segment size of RFC 9293 §3.2,
 * window scale and timestamps of RFC 7323, SACK of RFC 2018. Written in the order of Linux
 * (net/ipv4/tcp_output.c).
 */
const NOP = 1
const MSS = 2
const SCALE = 3
const SACK_PERMITTED = 4
const SACK = 5
const TIMESTAMPS = 8

/** NOP NOP TIMESTAMPS 10, as nearly every segment begins its options. */
const ALIGNED_TIMESTAMPS = 0x0101080a
export const TIMESTAMPS_LEN = 12
export const MAX_SCALE = 14
export const MAX_OPTIONS_LEN = 40

/** What the options of the last read segment said; one object is used again and again. */
export class Options {
  /** 0 when absent. */
  mss = 0
  /** -1 when absent. */
  scale = -1
  sackPermitted = false
  hasTimestamps = false
  tsValue = 0
  tsEcho = 0
  sackCount = 0
  readonly sackStart: Uint32Array = new Uint32Array(4)
  readonly sackEnd: Uint32Array = new Uint32Array(4)

  /** Reads the options at `at .. end`; one with a wrong length ends the reading, as in Linux. */
  read(v: DataView, at: number, end: number): void {
    this.mss = 0
    this.scale = -1
    this.sackPermitted = false
    this.hasTimestamps = false
    this.sackCount = 0
    if (end - at === TIMESTAMPS_LEN && v.getUint32(at) === ALIGNED_TIMESTAMPS) {
      this.hasTimestamps = true
      this.tsValue = v.getUint32(at + 4)
      this.tsEcho = v.getUint32(at + 8)
      return
    }
    let i = at
    while (i < end) {
      const kind = v.getUint8(i)
      if (kind === 0) return
      if (kind === NOP) {
        i++
        continue
      }
      if (i + 1 >= end) return
      const length = v.getUint8(i + 1)
      if (length < 2 || i + length > end) return
      this.readOne(v, i, kind, length)
      i += length
    }
  }

  private readOne(v: DataView, i: number, kind: number, length: number): void {
    if (kind === MSS && length === 4) this.mss = v.getUint16(i + 2)
    else if (kind === SCALE && length === 3) this.scale = Math.min(v.getUint8(i + 2), MAX_SCALE)
    else if (kind === SACK_PERMITTED && length === 2) this.sackPermitted = true
    else if (kind === TIMESTAMPS && length === 10) {
      this.hasTimestamps = true
      this.tsValue = v.getUint32(i + 2)
      this.tsEcho = v.getUint32(i + 6)
    } else if (kind === SACK && length >= 10 && (length - 2) % 8 === 0) {
      this.sackCount = Math.min(4, (length - 2) / 8)
      for (let b = 0; b < this.sackCount; b++) {
        this.sackStart[b] = v.getUint32(i + 2 + b * 8)
        this.sackEnd[b] = v.getUint32(i + 6 + b * 8)
      }
    }
  }
}

/** Bits of what a machine's SYN offers, whatever the peer's says. */
export function offered(settings: Readonly<Offer>): number {
  const { timestamps, sack, scaling } = settings
  return (timestamps ? OPT_TIMESTAMPS : 0) | (sack ? OPT_SACK : 0) | (scaling ? OPT_SCALE : 0)
}

/** The settings that it depends on. */
export interface Offer {
  timestamps: boolean
  sack: boolean
  scaling: boolean
}

/** Writes NOP NOP TIMESTAMPS; returns the octet behind it. */
export function writeTimestamps(v: DataView, at: number, value: number, echo: number): number {
  v.setUint32(at, ALIGNED_TIMESTAMPS)
  v.setUint32(at + 4, value)
  v.setUint32(at + 8, echo)
  return at + TIMESTAMPS_LEN
}

/**
 * Writes the options of a SYN: `mss`, then what the bits of `options` ask for. Returns the octet
 * behind them.
 */
export function writeSyn(
  v: DataView,
  at: number,
  options: number,
  mss: number,
  scale: number,
  tsValue: number,
  tsEcho: number,
): number {
  v.setUint32(at, (MSS << 24) | (4 << 16) | mss)
  let i = at + 4
  if ((options & OPT_TIMESTAMPS) !== 0) {
    i = writeTimestamps(v, i, tsValue, tsEcho)
    if ((options & OPT_SACK) !== 0) {
      v.setUint16(i - TIMESTAMPS_LEN, (SACK_PERMITTED << 8) | 2)
    }
  } else if ((options & OPT_SACK) !== 0) {
    v.setUint32(i, (NOP << 24) | (NOP << 16) | (SACK_PERMITTED << 8) | 2)
    i += 4
  }
  if ((options & OPT_SCALE) !== 0) {
    v.setUint32(i, (NOP << 24) | (SCALE << 16) | (3 << 8) | scale)
    i += 4
  }
  return i
}

/** Writes the head of a SACK option for `count` blocks; returns where the first block goes. */
export function writeSackHead(v: DataView, at: number, count: number): number {
  v.setUint32(at, (NOP << 24) | (NOP << 16) | (SACK << 8) | (2 + count * 8))
  return at + 4
}
