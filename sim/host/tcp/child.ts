import * as tcp from '../../wire/tcp.ts'
import { advertised } from './identity.ts'
import * as options from './options.ts'
import * as receiveWindow from './receive-window.ts'
import * as rtt from './rtt.ts'
import type { Request } from './request.ts'
import { plus } from './sequence.ts'
import type { Stack } from './stack.ts'
import { NS_PER_US, OPT_TIMESTAMPS, RTO_INITIAL_NS, SYN_RECEIVED } from './states.ts'

/** The handshake is complete: a control block takes over (tcp_create_openreq_child). */
export function makeChild(t: Stack, request: Request): number {
  const c = t.blocks
  const { listener } = request
  const s = t.allocate(undefined)
  c.state[s] = SYN_RECEIVED
  c.parent[s] = listener.row
  c.localAddress[s] = request.local
  c.remoteAddress[s] = request.remote
  c.localPort[s] = request.ports >>> 16
  c.remotePort[s] = request.ports & 0xffff
  c.ipIdent[s] = t.idents.uint32() & 0xffff
  c.flowLabel[s] = request.flowLabel
  c.ttl[s] = listener.ttl
  c.dontFragment[s] = listener.dontFragment
  c.iss[s] = request.iss
  c.irs[s] = request.irs
  const next = plus(request.iss, 1)
  c.sndUna[s] = next
  c.sndNxt[s] = next
  c.writeSeq[s] = next
  c.smallSeq[s] = next
  c.rcvNxt[s] = plus(request.irs, 1)
  c.rcvWup[s] = c.rcvNxt[s]!
  c.copiedSeq[s] = c.rcvNxt[s]!
  const mss = advertised(t, request.remote)
  receiveWindow.prepare(t, s, listener.receiveMemory, listener.receiveLocked, mss)
  c.settings[s]! |= listener.settings
  c.options[s] = request.options
  c.headerLen[s] = tcp.MIN_LEN
  if ((request.options & OPT_TIMESTAMPS) !== 0) c.headerLen[s]! += options.TIMESTAMPS_LEN
  c.rcvWnd[s] = request.rcvWnd
  c.rcvScale[s] = request.rcvScale
  c.sndScale[s] = request.sndScale
  c.windowClamp[s] = request.windowClamp
  c.rcvSsthresh[s] = request.rcvSsthresh
  c.mssClamp[s] = request.mss
  c.advMss[s] = mss
  c.tsRecent[s] = request.tsRecent
  c.tsRecentNs[s] = request.sentNs
  c.tsOffset[s] = request.tsOffset
  c.sndBuf[s] = listener.sendMemory
  c.algorithm[s] = listener.algorithm
  c.receivedNs[s] = t.now
  c.rtoNs[s] = RTO_INITIAL_NS
  c.keepaliveIdleNs[s] = t.settings.keepaliveIdleNs
  c.keepaliveGapNs[s] = t.settings.keepaliveGapNs
  c.keepaliveTries[s] = t.settings.keepaliveTries
  if (request.timeouts === 0 && request.repeats === 0) {
    rtt.update(t, s, Math.floor((t.now - request.sentNs) / NS_PER_US))
  }
  return s
}
