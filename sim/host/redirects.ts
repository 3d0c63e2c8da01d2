import type { Frame } from '../wire/frame.ts'
import * as icmp from '../wire/icmp.ts'
import * as ipv4 from '../wire/ipv4.ts'
import type { Host } from './host.ts'
import type { Peers } from './peers.ts'
import type { Path } from './route.ts'

/** The kernel's clock tick at HZ = 250, in which these settings are given. */
const TICK_NS = 4_000_000

/**
 * Sends redirects (RFC 1812 §5.2.7.2; Linux ip_rt_send_redirect): the first at once, each further
 * one to the same machine after twice the time, nine at most, until it has been silent for 20 s.
 * One that does not listen shall not be told for ever.
 */
export class Redirects {
  private readonly host: Host
  private readonly peers: Peers
  private loadNs = 0
  private most = 0
  private silenceNs = 0

  constructor(host: Host, peers: Peers) {
    this.host = host
    this.peers = peers
    this.configure()
  }

  /** Reads the machine's settings; called again when a step changes them. */
  configure(): void {
    const setting = (key: string): number => this.host.sysctl.number(`net.ipv4.route.${key}`)
    this.loadNs = setting('redirect_load') * TICK_NS
    this.most = setting('redirect_number')
    this.silenceNs = setting('redirect_silence') * TICK_NS
  }

  /** Tells the sender of `frame`, whose TTL has been lowered, that it could use `path` itself. */
  send(frame: Frame, path: Path): void {
    const { now } = this.host
    const peer = this.peers.of(ipv4.src(frame.view, frame.network))
    if (now > peer.atNs + this.silenceNs) {
      peer.tokensNs = 0
      peer.redirects = 0
    }
    if (peer.redirects >= this.most) {
      peer.atNs = now
      return
    }
    if (peer.redirects > 0 && now <= peer.atNs + this.loadNs * (1 << peer.redirects)) return
    this.host.icmp.sendError(frame, icmp.REDIRECT, icmp.REDIRECT_HOST, path.nextHop)
    peer.atNs = now
    peer.redirects++
  }
}
