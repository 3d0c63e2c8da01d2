/** Values of `sends`. */
export const SEND_NOTHING = 0
/** New data, to see whether a timeout was spurious; else lost segments. */
export const SEND_NEW = 1
export const SEND_LOST = 2

/** What one ACK has told; one object a machine, used again for each. */
export interface AckNews {
  /** Segments that were acknowledged or SACKed for the first time. */
  delivered: number
  newlyLost: number
  /** Something was SACKed that had not been. */
  dataSacked: boolean
  dsack: boolean
  /** Round-trip sample from SACKed segments in microseconds, -1 for none. */
  sackRttUs: number
  /** The same of the last of them. */
  lastSackRttUs: number
  /** Segments acknowledged in order. */
  acked: number
  /** Some of them had been sent more than once. */
  retransAcked: boolean
  /** Something was (S)ACKed that was sent once, before the point of trouble: F-RTO step 3.b. */
  originalAcked: boolean
  /** Retransmissions were found lost. */
  repairLost: boolean
  /** The retransmission timer is to be set anew. */
  setsTimer: boolean
  /** What is to be sent once the window is known. */
  sends: number
  /** End of the highest SACKed segment before this ACK. */
  priorFack: number
  /** Lowest segment sent once that filled a gap, when `filledGap`. */
  filledGap: boolean
  gapSeq: number
  /** The D-SACK was about a tail loss probe. */
  dsackOfProbe: boolean
  /** Sequence number of the first of those that `firstNs` speaks of. */
  firstSeq: number
  /** Send times of the first and the last that had been sent once; -1 for none. */
  firstNs: number
  lastNs: number
}

export const newAckNews = (): AckNews => ({
  delivered: 0,
  newlyLost: 0,
  dataSacked: false,
  dsack: false,
  sackRttUs: -1,
  lastSackRttUs: -1,
  acked: 0,
  retransAcked: false,
  originalAcked: false,
  repairLost: false,
  setsTimer: false,
  sends: SEND_NOTHING,
  priorFack: 0,
  filledGap: false,
  gapSeq: 0,
  dsackOfProbe: false,
  firstSeq: 0,
  firstNs: -1,
  lastNs: -1,
})

export function clearNews(news: AckNews): void {
  news.delivered = 0
  news.newlyLost = 0
  news.dataSacked = false
  news.dsack = false
  news.sackRttUs = -1
  news.acked = 0
  news.retransAcked = false
  news.originalAcked = false
  news.repairLost = false
  news.setsTimer = false
  news.sends = SEND_NOTHING
  news.filledGap = false
  news.dsackOfProbe = false
  news.firstNs = -1
  news.lastNs = -1
}
