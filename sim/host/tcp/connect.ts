import { isIpv6 } from '../../wire/address-book.ts'
import * as tcp from '../../wire/tcp.ts'
import { modeOf } from '../dont-fragment.ts'
import type { SocketOwner } from '../socket-owner.ts'
import { prepare } from './receive-window.ts'
import { setTimer } from './deadlines.ts'
import { KIND_SOCKET, KIND_TIME_WAIT, kindOf, NOTHING, rowOf, valueOf } from './demux.ts'
import { portsOf } from './life.ts'
import {
  advertised,
  drawFlowLabel,
  hashOfAddresses,
  initialSequence,
  timestampOffset,
} from './identity.ts'
import { offered } from './options.ts'
import { append } from './queue.ts'
import {
  algorithmOf,
  receiveMemory,
  sendMemory,
  settingsOf,
  type SocketOptions,
} from './socket-options.ts'
import { sendSegment } from './segment.ts'
import { after, plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import {
  DEFAULT_MSS,
  INFINITE_SSTHRESH,
  INITIAL_WINDOW,
  RTO_INITIAL_NS,
  SYN_SENT,
  TIMER_RTO,
} from './states.ts'

export interface ConnectOptions extends SocketOptions {
  readonly owner: SocketOwner
  /** Address of this machine; 0 or absent: what the route says. */
  readonly local?: number | undefined
  /** 0 or absent: an ephemeral port. */
  readonly localPort?: number | undefined
  readonly remote: number
  readonly remotePort: number
}

const PORT_FIRST = 32768
const PORT_COUNT = 28232

/** Begins a connection: returns its row, or the name of what prevents it. */
export function connect(t: Stack, options: ConnectOptions): number | 'in-use' | 'unreachable' {
  const local = options.local || t.host.ip.sourceFor(options.remote)
  if (local === 0 || isIpv6(local) !== isIpv6(options.remote)) return 'unreachable'
  const { remote, remotePort } = options
  const wanted = options.localPort ?? 0
  const localPort = wanted === 0 ? freePort(t, local, remote, remotePort) : wanted
  if (localPort === 0) return 'in-use'
  const ports = portsOf(localPort, remotePort)
  let iss = initialSequence(t, local, remote, ports)
  const known = t.demux.find(local, remote, ports)
  if (known !== NOTHING) {
    // As with SO_REUSEADDR, what is left of an earlier connection does not refuse a new one.
    if (kindOf(known) !== KIND_TIME_WAIT) return 'in-use'
    const least = t.timeWaits!.nextSequence(rowOf(known))
    if (!after(iss, least)) iss = least
    t.timeWaits!.remove(rowOf(known))
  }
  const s = t.allocate(options.owner)
  const c = t.blocks
  c.state[s] = SYN_SENT
  c.localAddress[s] = local
  c.remoteAddress[s] = remote
  c.localPort[s] = localPort
  c.remotePort[s] = remotePort
  t.demux.set(local, remote, ports, valueOf(KIND_SOCKET, s))
  initialise(t, s, options, iss)
  t.counters.activeOpens++
  sendSyn(t, s)
  return s
}

function initialise(t: Stack, s: number, options: ConnectOptions, iss: number): void {
  const { blocks: c, settings } = t
  c.settings[s] = settingsOf(options)
  c.algorithm[s] = algorithmOf(options.congestion)
  c.ttl[s] = options.ttl ?? 0
  c.dontFragment[s] = modeOf(t.host, options.dontFragment)
  c.ipIdent[s] = t.idents.uint32() & 0xffff
  c.flowLabel[s] = drawFlowLabel(t, c.remoteAddress[s]!)
  c.tsOffset[s] = timestampOffset(t, c.localAddress[s]!, c.remoteAddress[s]!)
  c.iss[s] = iss
  c.sndUna[s] = iss
  c.sndNxt[s] = iss
  c.writeSeq[s] = iss
  c.smallSeq[s] = iss
  c.headerLen[s] = tcp.MIN_LEN
  c.mssClamp[s] = 65535
  c.mss[s] = DEFAULT_MSS
  c.advMss[s] = advertised(t, c.remoteAddress[s]!)
  c.options[s] = offered(settings)
  const locked = options.receiveBuffer !== undefined
  prepare(t, s, receiveMemory(options), locked, c.advMss[s]!)
  c.sndBuf[s] = sendMemory(options)
  c.cwnd[s] = INITIAL_WINDOW
  c.ssthresh[s] = INFINITE_SSTHRESH
  c.rtoNs[s] = RTO_INITIAL_NS
  c.keepaliveIdleNs[s] = settings.keepaliveIdleNs
  c.keepaliveGapNs[s] = settings.keepaliveGapNs
  c.keepaliveTries[s] = settings.keepaliveTries
}

function sendSyn(t: Stack, s: number): void {
  const { blocks: c, sends } = t
  const end = plus(c.iss[s]!, 1)
  const skb = append(t, s, c.iss[s]!, end, tcp.SYN)
  c.queueNext[s] = -1
  c.writeSeq[s] = end
  c.sndNxt[s] = end
  c.packetsOut[s] = 1
  sends.segments[skb] = 1
  sends.sentNs[skb] = t.now
  setTimer(t, s, TIMER_RTO, c.rtoNs[s]!)
  sends.frameId[skb] = sendSegment(t, s, c.iss[s]!, 0, tcp.SYN, 0)
}

/**
 * An ephemeral port: Linux begins at a hash of the addresses plus a counter and tries ports of one
 * parity first. 0 when all are taken.
 */
function freePort(t: Stack, local: number, remote: number, remotePort: number): number {
  const offset =
    (hashOfAddresses(t, local, remote, remotePort, t.portSecret) + t.portCounter) % PORT_COUNT
  t.portCounter += 2
  for (let turn = 0; turn < 2; turn++) {
    let i = (offset & ~1) + t.portParity
    for (let tried = 0; tried < PORT_COUNT; tried += 2, i += 2) {
      const port = PORT_FIRST + (i % PORT_COUNT)
      if (t.demux.find(local, remote, portsOf(port, remotePort)) !== NOTHING) continue
      if (t.listenersByPort.has(port)) continue
      t.portCounter += tried
      return port
    }
    t.portParity ^= 1
  }
  return 0
}
