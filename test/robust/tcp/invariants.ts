import type { Host } from '../../../sim/host/host.ts'
import { payloadOf } from '../../../sim/host/tcp/queue.ts'
import { LOST, OVERHEAD, RETRANSMITTED, SACKED } from '../../../sim/host/tcp/send-queue.ts'
import type { Stack } from '../../../sim/host/tcp/stack.ts'
import { CLOSED, LISTEN, OPT_SACK, SYN_SENT, TIMER_NONE } from '../../../sim/host/tcp/states.ts'

/** The tables of a machine's TCP, which only tests may look at. */
export const stackOf = (host: Host): Stack => (host.tcp as unknown as { t: Stack }).t

const distance = (a: number, b: number): number => (a - b) | 0

/**
 * What holds for the control blocks of a machine between any two events. Returns the sentences that
 * are not true.
 */
export function broken(host: Host): string[] {
  const t = stackOf(host)
  const c = t.blocks
  const found: string[] = []
  for (let s = 0; s < c.capacity; s++) {
    const state = c.state[s]!
    if (state === CLOSED || state === LISTEN) continue
    const say = (sentence: string): void => {
      found.push(`${host.name} row ${s} state ${state}: ${sentence}`)
    }
    sequences(t, s, say)
    queue(t, s, say)
    received(t, s, say)
    timers(t, s, say)
  }
  return found
}

type Say = (sentence: string) => void

function sequences(t: Stack, s: number, say: Say): void {
  const c = t.blocks
  if (distance(c.sndNxt[s]!, c.sndUna[s]!) < 0) say('SND.NXT is before SND.UNA')
  if (distance(c.writeSeq[s]!, c.sndNxt[s]!) < 0) say('SND.NXT is behind what was written')
  if (c.state[s] === SYN_SENT) return
  if (distance(c.rcvNxt[s]!, c.copiedSeq[s]!) < 0) say('more was read than has come')
  if (distance(c.rcvNxt[s]!, c.rcvWup[s]!) < 0) say('acknowledged more than has come')
  if (c.cwnd[s]! < 1) say(`the congestion window is ${c.cwnd[s]}`)
  if (c.ssthresh[s]! < 2) say(`the slow start threshold is ${c.ssthresh[s]}`)
}

function queue(t: Stack, s: number, say: Say): void {
  const { blocks: c, sends } = t
  let [packets, sacked, lost, again, memory] = [0, 0, 0, 0, 0]
  let at = c.sndUna[s]!
  let isSent = true
  let previous = -1
  for (let skb = c.queueHead[s]!; skb >= 0; skb = sends.next[skb]!) {
    if (skb === c.queueNext[s]) {
      if (sends.sequence[skb] !== c.sndNxt[s]) say('what waits does not begin at SND.NXT')
      isSent = false
    }
    if (sends.sequence[skb] !== at && previous >= 0) say('the queue has a gap')
    if (previous < 0 && distance(sends.sequence[skb]!, at) !== 0) {
      say('the queue does not begin at SND.UNA')
    }
    if (sends.previous[skb] !== previous) say('the queue is not linked back')
    at = sends.end[skb]!
    memory += OVERHEAD + payloadOf(t, skb)
    previous = skb
    if (!isSent) continue
    const marks = sends.marks[skb]!
    const segments = sends.segments[skb]!
    if (segments < 1) say('a row that was sent has no segment')
    packets += segments
    if ((marks & SACKED) !== 0) sacked += segments
    if ((marks & LOST) !== 0) lost += segments
    if ((marks & RETRANSMITTED) !== 0) again += segments
    if ((marks & SACKED) !== 0 && (marks & LOST) !== 0) say('a row is SACKed and lost')
  }
  if (c.queueTail[s] !== previous) say('the tail is not the last row')
  if (c.queueHead[s]! >= 0 && at !== c.writeSeq[s])
    say('the queue does not end with the last octet')
  if (c.queueHead[s]! < 0 && c.sndUna[s] !== c.writeSeq[s]) say('octets are in no queue')
  if (packets !== c.packetsOut[s]) say(`packets out are ${c.packetsOut[s]}, not ${packets}`)
  if (lost !== c.lostOut[s]) say(`lost are ${c.lostOut[s]}, not ${lost}`)
  if (again !== c.retransOut[s]) say(`sent again are ${c.retransOut[s]}, not ${again}`)
  if ((c.options[s]! & OPT_SACK) !== 0 && sacked !== c.sackedOut[s]) {
    say(`SACKed are ${c.sackedOut[s]}, not ${sacked}`)
  }
  if (c.sackedOut[s]! + c.lostOut[s]! > c.packetsOut[s]!) say('more have left than were sent')
  if (memory !== c.sndMemory[s]) say(`memory to send is ${c.sndMemory[s]}, not ${memory}`)
}

function received(t: Stack, s: number, say: Say): void {
  const { blocks: c, received: parts } = t
  let memory = 0
  let end = c.copiedSeq[s]!
  for (let part = c.receivedHead[s]!; part >= 0; part = parts.next[part]!) {
    memory += parts.memory[part]!
    // A FIN alone is charged for and takes no octet.
    if (distance(parts.end[part]!, end) < 0) say('what waits to be read is out of order')
    end = parts.end[part]!
  }
  const ranges = t.outOfOrder[s]
  let before = c.rcvNxt[s]!
  for (let i = 0; i < (ranges?.count ?? 0); i++) {
    memory += ranges!.memory[i]!
    if (distance(ranges!.start[i]!, before) <= 0) say('ranges out of order touch')
    before = ranges!.end[i]!
  }
  if (memory !== c.rcvMemory[s]) say(`memory of what came is ${c.rcvMemory[s]}, not ${memory}`)
}

function timers(t: Stack, s: number, say: Say): void {
  const c = t.blocks
  const { now } = t
  const next = Math.min(c.timerNs[s]!, c.delayedAckNs[s]!, c.keepaliveNs[s]!)
  if (next < c.eventNs[s]!) say('a deadline has no event')
  if (c.eventNs[s] !== Infinity && !t.agenda.isPending(c.eventToken[s]!)) say('its event is gone')
  if ((c.timerKind[s] === TIMER_NONE) !== (c.timerNs[s] === Infinity)) say('timer without a kind')
  if (next < now) say('a deadline has passed')
  const waits = c.packetsOut[s]! > 0 || c.queueNext[s]! >= 0
  if (waits && c.timerKind[s] === TIMER_NONE) say('octets wait without a timer')
}
