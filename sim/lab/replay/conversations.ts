import { type CaptureFile, sinceNs } from '../../capture/index.ts'
import type { RecordedFlow, RecordedPacket } from '../../app/settings.ts'
import { type Address, formatAddress } from '../../wire/address.ts'
import { fold, sumOf, update32 } from '../../wire/checksum.ts'
import * as ipv4 from '../../wire/ipv4.ts'
import * as ipv6 from '../../wire/ipv6.ts'
import * as tcp from '../../wire/tcp.ts'
import * as udp from '../../wire/udp.ts'
import { ipOf, type RecordedIp, type Talk, talkOf } from './packets.ts'

/** What a recording holds, as far as it can be sent again. */
export interface Recording {
  readonly packets: readonly RecordedIp[]
  /** Nanoseconds of each frame, by its number - 1. */
  readonly times: readonly number[]
}

/** Reads the IP packets of a capture. */
export function readRecording({ records }: CaptureFile): Recording {
  const epoch = records[0]?.seconds ?? 0
  return {
    packets: records.flatMap((record, i) => ipOf(record, i + 1) ?? []),
    times: records.map((record) => sinceNs(record, epoch)),
  }
}

/** Who asked: the sender of the first SYN, or else of the first packet. */
export function clientOf({ packets }: Recording): Address | undefined {
  const syn = packets.find((packet) => talkOf(packet)?.protocol === 'tcp' && isOpening(packet))
  return (syn ?? packets.find((packet) => talkOf(packet) !== undefined))?.src
}

function isOpening({ view, transport }: RecordedIp): boolean {
  return (tcp.flags(view, transport) & (tcp.SYN | tcp.ACK)) === tcp.SYN
}

interface Draft {
  readonly talk: Talk
  readonly client: Address
  readonly server: Address
  readonly sent: RecordedIp[]
  serverFirst: number | undefined
  serverEnd: number | undefined
  opened: number | undefined
  answers: number
}

/**
 * The conversations of `client`, each with what the client sent. Of a recording of several
 * interfaces the one counts where the client was heard first: elsewhere are the same packets again.
 */
export function conversationsOf(
  recording: Recording,
  client: Address,
  renamed: (address: Address) => Address,
): RecordedFlow[] {
  const own = formatAddress(client)
  const first = recording.packets.find((packet) => formatAddress(packet.src) === own)
  if (first === undefined) return []
  const heard = recording.packets.filter(({ interfaceId }) => interfaceId === first.interfaceId)
  const drafts = draftsOf(heard, own)
  const startNs = Math.min(...drafts.map(({ sent }) => recording.times[sent[0]!.number - 1]!))
  return drafts.map(({ talk, client: from, server, sent, serverFirst, serverEnd, answers }) => ({
    protocol: talk.protocol,
    client: renamed(from),
    clientPort: talk.from,
    server: renamed(server),
    serverPort: talk.to,
    serverFirst,
    serverEnd,
    answers,
    packets: sent.map((packet): RecordedPacket => {
      const atNs = Math.max(0, recording.times[packet.number - 1]! - startNs)
      const { transport, fragment } = packet
      return { atNs, octets: readdressed(packet, renamed), transport, fragment }
    }),
  }))
}

function draftsOf(packets: readonly RecordedIp[], client: string): Draft[] {
  const drafts: Draft[] = []
  const current = new Map<string, Draft>()
  /** First fragments, to which the others belong. */
  const cut = new Map<string, Draft>()
  for (const packet of packets) {
    const [src, dst] = [formatAddress(packet.src), formatAddress(packet.dst)]
    const whole = `${src} ${dst} ${packet.protocol} ${packet.ident}`
    const talk = talkOf(packet)
    if (talk === undefined) {
      if (packet.transport < 0 && src === client) cut.get(whole)?.sent.push(packet)
      continue
    }
    if (isGroup(packet.dst)) continue
    if (src !== client) {
      const asked = current.get(`${talk.protocol} ${talk.to} ${src} ${talk.from}`)
      if (asked !== undefined && dst === client) answer(asked, packet)
      continue
    }
    const key = `${talk.protocol} ${talk.from} ${dst} ${talk.to}`
    let draft = current.get(key)
    if (draft === undefined || isAnew(draft, packet)) {
      draft = newDraft(talk, packet)
      drafts.push(draft)
      current.set(key, draft)
    }
    add(draft, packet)
    if (packet.fragment) cut.set(whole, draft)
  }
  return drafts
}

/** Broadcast and multicast: questions to everybody, which a lab does not have. */
function isGroup(address: Address): boolean {
  return address.family === 4 ? address.v4 >>> 28 >= 0xe : address.words[0] >>> 24 === 0xff
}

function newDraft(talk: Talk, { src: client, dst: server }: RecordedIp): Draft {
  const unknown = { serverFirst: undefined, serverEnd: undefined, opened: undefined }
  return { talk, client, server, sent: [], answers: 0, ...unknown }
}

function answer(draft: Draft, { view, transport, octets }: RecordedIp): void {
  draft.answers++
  if (draft.talk.protocol !== 'tcp' || (tcp.flags(view, transport) & tcp.FIN) === 0) return
  const payload = octets.length - transport - tcp.headerLen(view, transport)
  draft.serverEnd = (tcp.sequence(view, transport) + payload + 1) >>> 0
}

/** A SYN that is no repeat begins another connection of the same four numbers. */
function isAnew({ talk, opened }: Draft, packet: RecordedIp): boolean {
  if (talk.protocol !== 'tcp' || !isOpening(packet)) return false
  return opened !== tcp.sequence(packet.view, packet.transport)
}

function add(draft: Draft, packet: RecordedIp): void {
  const { view, transport } = packet
  draft.sent.push(packet)
  if (draft.talk.protocol !== 'tcp') return
  if (isOpening(packet)) draft.opened ??= tcp.sequence(view, transport)
  // The first acknowledgement of a connection is of the peer's SYN alone.
  else if (draft.opened !== undefined && (tcp.flags(view, transport) & tcp.ACK) !== 0) {
    draft.serverFirst ??= (tcp.acknowledgment(view, transport) - 1) >>> 0
  }
}

/** A copy of the packet with other addresses; header and checksums of fragments are mended. */
function readdressed(packet: RecordedIp, renamed: (address: Address) => Address): Uint8Array {
  const octets = new Uint8Array(packet.octets.length + (packet.octets.length % 2))
  octets.set(packet.octets)
  const v = new DataView(octets.buffer)
  const ends = [packet.src, packet.dst].map(renamed)
  for (const [i, address] of ends.entries()) {
    const words = wordsOf(address)
    const at = packet.family === 4 ? 12 + 4 * i : i === 0 ? ipv6.SRC : ipv6.DST
    for (const [k, word] of words.entries()) {
      const before = v.getUint32(at + 4 * k)
      v.setUint32(at + 4 * k, word)
      if (packet.fragment && packet.transport >= 0) mend(v, packet, before, word)
    }
  }
  if (packet.family === 4) {
    v.setUint16(10, 0)
    const header = ipv4.headerLen(v, 0)
    v.setUint16(10, ~fold(sumOf(octets, new Uint16Array(octets.buffer), 0, header)) & 0xffff)
  }
  return octets.subarray(0, packet.octets.length)
}

/** RFC 1624 for the transport checksum, which in a first fragment is of the whole packet. */
function mend(v: DataView, packet: RecordedIp, before: number, after: number): void {
  const { protocol, transport } = packet
  if (protocol === ipv4.TCP) tcp.addressChanged(v, transport, before, after)
  else if (protocol === ipv4.UDP) udp.addressChanged(v, transport, before, after)
  else if (protocol === ipv6.ICMPV6) {
    v.setUint16(transport + 2, update32(v.getUint16(transport + 2), before, after))
  }
}

function wordsOf(address: Address): readonly number[] {
  return address.family === 4 ? [address.v4] : address.words
}
