import type { Lab, LabSettings, Side } from './lab.ts'

/**
 * Conversations that a Linux 6.18 kernel was recorded with (pcaps/linux and its README): the same
 * programs must make the same segments, in order, with the same windows, options and PSH. Timestamp
 * values are left out; `S`, `SA` ... as in the recording, numbers relative.
 */
export const SYN = 'C S 0 win 64240 len 0 <mss 1460,sackOK,ts,nop,wscale 7>'
const SYN_ACK = 'S SA 0 ack 1 win 65160 len 0 <mss 1460,sackOK,ts,nop,wscale 7>'
const ACK = 'C A 1 ack 1 win 502 len 0'
export const HANDSHAKE = [SYN, SYN_ACK, ACK]

export interface Conversation {
  readonly name: string
  readonly settings?: LabSettings
  readonly run: (lab: Lab) => void
  readonly lines: readonly string[]
}

export const closeAtEnd = (side: Side): void => {
  side.drain()
  if (side.atEnd) side.close()
}
export const nothing = (): void => {}

/** Runs `first` at the first wake only. */
export function once(first: (side: Side) => void, later: (side: Side) => void = nothing) {
  let ran = false
  return (side: Side): void => {
    if (!ran) first(side)
    else later(side)
    ran = true
  }
}
