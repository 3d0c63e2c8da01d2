import type { Clock } from '../trace/index.ts'

/**
 * What a machine remembers of another one it has sent errors to (Linux inet_peer): one bucket of
 * tokens and the count of redirects, which share the instant of the last use as in the kernel.
 */
export interface Peer {
  tokensNs: number
  atNs: number
  redirects: number
}

/** The kernel starts a peer with a full bucket by dating its last use a minute back. */
const LONG_AGO_NS = 60_000_000_000

export class Peers {
  private readonly clock: Clock
  private readonly peers = new Map<number, Peer>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  of(address: number): Peer {
    let peer = this.peers.get(address)
    if (peer === undefined) {
      peer = { tokensNs: 0, atNs: this.clock.now - LONG_AGO_NS, redirects: 0 }
      this.peers.set(address, peer)
    }
    return peer
  }

  /** Takes a token of `costNs` out of a bucket that holds `mostNs` and fills with time. */
  take(peer: Peer, costNs: number, mostNs: number): boolean {
    const { now } = this.clock
    peer.tokensNs = Math.min(peer.tokensNs + now - peer.atNs, mostNs)
    peer.atNs = now
    if (peer.tokensNs < costNs) return false
    peer.tokensNs -= costNs
    return true
  }
}
