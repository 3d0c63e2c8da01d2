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
  /** Segments acknowledged in order. */
  acked: number
  /** Some of them had been sent more than once. */
  retransAcked: boolean
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
  acked: 0,
  retransAcked: false,
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
  news.firstNs = -1
  news.lastNs = -1
}
