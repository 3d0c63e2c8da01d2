import { type AckNews, SEND_LOST } from './ack-news.ts'
import * as congestion from './congestion.ts'
import { setTimer } from './deadlines.ts'
import { detect } from './rack.ts'
import * as renoSack from './reno-sack.ts'
import { SACKED } from './send-queue.ts'
import { before } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  CA_CWR,
  CA_DISORDER,
  CA_LOSS,
  CA_OPEN,
  CA_RECOVERY,
  NS_PER_US,
  OPT_SACK,
  TIMER_RTO,
} from './states.ts'
import * as timeoutLoss from './timeout-loss.ts'
import * as undo from './undo.ts'

/**
 * The states of Linux's congestion control: open, disorder, cwr, recovery, loss, and what an ACK
 * means in each. Losses are found by RACK (RFC 8985) with SACK, by NewReno (RFC 6582) without.
 */
/** A peer that forgot what it had SACKed is given this much time. */
const RENEGED_NS = 10_000_000

const hasSack = (t: Stack, s: number): boolean => (t.blocks.options[s]! & OPT_SACK) !== 0
const stateOf = (t: Stack, s: number): number => t.blocks.caState[s]!

export function reset(t: Stack, s: number): void {
  t.blocks.reordering[s] = t.settings.reordering
}

function identify(t: Stack, s: number, advanced: boolean, news: AckNews): void {
  const c = t.blocks
  if (c.packetsOut[s] === 0) return
  if (!hasSack(t, s)) return renoSack.markFirst(t, s, advanced, news)
  const before = c.retransOut[s]!
  if (detect(t, s, news)) news.setsTimer = false
  if (before > c.retransOut[s]!) news.repairLost = true
}

/**
 * An ACK that is not plain progress, or came in trouble (tcp_fastretrans_alert). `priorUna` is
 * SND.UNA before it. Says in `news.sends` what is to be sent.
 */
export function alert(
  t: Stack,
  s: number,
  priorUna: number,
  duplicates: number,
  advanced: boolean,
  news: AckNews,
): void {
  const c = t.blocks
  if (c.packetsOut[s] === 0 && c.sackedOut[s] !== 0) c.sackedOut[s] = 0
  if (hasReneged(t, s, advanced, news)) return
  if (c.caState[s] === CA_OPEN) c.retransStartNs[s] = 0
  else if (!before(c.sndUna[s]!, c.highSeq[s]!) && leave(t, s)) return
  if (c.caState[s] === CA_RECOVERY) return inRecovery(t, s, priorUna, duplicates, advanced, news)
  if (c.caState[s] === CA_LOSS) {
    timeoutLoss.inLoss(t, s, duplicates, advanced, news)
    identify(t, s, advanced, news)
    if (stateOf(t, s) !== CA_OPEN && !news.repairLost) return
  }
  if (!hasSack(t, s)) {
    if (advanced) c.sackedOut[s] = 0
    renoSack.add(t, s, duplicates, news)
  }
  if (c.caState[s]! <= CA_DISORDER) undo.byDuplicates(t, s)
  identify(t, s, advanced, news)
  if (c.lostOut[s] === 0) return tryToOpen(t, s)
  enterRecovery(t, s)
  news.sends = SEND_LOST
}

function inRecovery(
  t: Stack,
  s: number,
  priorUna: number,
  duplicates: number,
  advanced: boolean,
  news: AckNews,
): void {
  const c = t.blocks
  if (!advanced) {
    if (!hasSack(t, s)) renoSack.add(t, s, duplicates, news)
  } else {
    const shown = undo.byPartial(t, s, priorUna)
    if (shown === undo.WAIT) return
    if (shown === undo.UNDONE) keepOpen(t, s)
  }
  if (undo.byDuplicates(t, s)) tryToOpen(t, s)
  identify(t, s, advanced, news)
  if (c.caState[s] !== CA_RECOVERY) {
    if (c.lostOut[s] === 0) return
    enterRecovery(t, s)
  }
  news.sends = SEND_LOST
}

/** The first outstanding segment was SACKed, and yet the ACK ends before it (RFC 2018 §8). */
function hasReneged(t: Stack, s: number, advanced: boolean, news: AckNews): boolean {
  const c = t.blocks
  const head = c.queueHead[s]!
  if (!advanced || head < 0 || head === c.queueNext[s]) return false
  if ((t.sends.marks[head]! & SACKED) === 0) return false
  const delay = Math.max(Math.floor(c.srttUs[s]! / 16) * NS_PER_US, RENEGED_NS)
  setTimer(t, s, TIMER_RTO, delay)
  news.setsTimer = false
  return true
}

/** Everything up to the point of trouble is acknowledged; true when the state must be held. */
function leave(t: Stack, s: number): boolean {
  const c = t.blocks
  if (c.caState[s] === CA_CWR) {
    if (c.sndUna[s] !== c.highSeq[s]) {
      congestion.endReduction(t, s)
      c.caState[s] = CA_OPEN
    }
  } else if (c.caState[s] === CA_RECOVERY) {
    if (!hasSack(t, s)) c.sackedOut[s] = 0
    if (undo.afterRecovery(t, s)) return true
    congestion.endReduction(t, s)
  }
  return false
}

function tryToOpen(t: Stack, s: number): void {
  const c = t.blocks
  if (!undo.isRepairOut(t, s)) c.retransStartNs[s] = 0
  if (c.caState[s] !== CA_CWR) keepOpen(t, s)
}

function keepOpen(t: Stack, s: number): void {
  const c = t.blocks
  const trouble = c.lostOut[s]! + c.sackedOut[s]! > 0 || undo.isRepairOut(t, s)
  const state = trouble ? CA_DISORDER : CA_OPEN
  if (c.caState[s] !== state) {
    c.caState[s] = state
    c.highSeq[s] = c.sndNxt[s]!
  }
}

function enterRecovery(t: Stack, s: number): void {
  const c = t.blocks
  t.counters.fastRetransmits++
  if (!undo.isRepairOut(t, s)) c.retransStartNs[s] = 0
  c.priorSsthresh[s] = 0
  undo.begin(t, s)
  if (c.caState[s] !== CA_CWR && c.caState[s] !== CA_RECOVERY) {
    c.priorSsthresh[s] = congestion.currentSsthresh(t, s)
    congestion.beginReduction(t, s)
  }
  c.caState[s] = CA_RECOVERY
}

/** The reordering timer found `lost` segments missing (tcp_rack_reo_timeout). */
export function enterRecoveryByTimer(t: Stack, s: number, lost: number): void {
  if (t.blocks.caState[s] === CA_RECOVERY) return
  enterRecovery(t, s)
  congestion.reduce(t, s, 1, lost, false)
}

/** A tail loss probe was needed: the window shrinks as after any loss (RFC 8985 §7.4). */
export function probeTold(t: Stack, s: number): void {
  const c = t.blocks
  congestion.beginReduction(t, s)
  c.caState[s] = CA_CWR
  congestion.endReduction(t, s)
  keepOpen(t, s)
}
