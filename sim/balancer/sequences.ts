import type { Packet } from '../hook/hook.ts'
import * as tcp from '../wire/tcp.ts'

/** Bits of what is known about a row. */
const CLIENT = 1
const SERVER = 2

/**
 * The next sequence number of both ends of connections, by the rows of their table: what a reset
 * from in between must carry (RFC 5961 §3: any other than the one expected is only questioned).
 * Nine octets a row, and only for a balancer with a service that resets.
 */
export class Sequences {
  private client = new Uint32Array(0)
  private server = new Uint32Array(0)
  private known = new Uint8Array(0)

  /** A segment of the client passes. */
  request(row: number, packet: Packet, flags: number): void {
    if (row >= this.known.length) this.grow(row)
    if ((flags & (tcp.SYN | tcp.ACK)) === tcp.SYN) this.known[row] = 0
    this.sent(this.client, CLIENT, row, nextOf(packet, flags))
    if ((flags & tcp.ACK) !== 0) this.sent(this.server, SERVER, row, ackOf(packet))
  }

  /** A segment of the server passes. */
  reply(row: number, packet: Packet, flags: number): void {
    if (row >= this.known.length) this.grow(row)
    this.sent(this.server, SERVER, row, nextOf(packet, flags))
    if ((flags & tcp.ACK) !== 0) this.sent(this.client, CLIENT, row, ackOf(packet))
  }

  /** What the client sends next; -1 when nothing of it was seen. */
  ofClient(row: number): number {
    return ((this.known[row] ?? 0) & CLIENT) === 0 ? -1 : this.client[row]!
  }

  /** What the server sends next; -1 while it has not answered. */
  ofServer(row: number): number {
    return ((this.known[row] ?? 0) & SERVER) === 0 ? -1 : this.server[row]!
  }

  /** Repetitions do not turn the number back. */
  private sent(numbers: Uint32Array, bit: number, row: number, next: number): void {
    const known = this.known[row]!
    if ((known & bit) !== 0 && ((next - numbers[row]!) | 0) <= 0) return
    numbers[row] = next
    this.known[row] = known | bit
  }

  private grow(row: number): void {
    const length = Math.max(64, row + (row >> 1) + 1)
    const { client, server, known } = this
    this.client = new Uint32Array(length)
    this.server = new Uint32Array(length)
    this.known = new Uint8Array(length)
    this.client.set(client)
    this.server.set(server)
    this.known.set(known)
  }
}

function nextOf({ frame, transport, end }: Packet, flags: number): number {
  const { view } = frame
  const controls = ((flags & tcp.SYN) !== 0 ? 1 : 0) + ((flags & tcp.FIN) !== 0 ? 1 : 0)
  const payloadLen = end - transport - tcp.headerLen(view, transport)
  return (tcp.sequence(view, transport) + payloadLen + controls) >>> 0
}

const ackOf = ({ frame, transport }: Packet): number => tcp.acknowledgment(frame.view, transport)
