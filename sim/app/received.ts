import type { Tcp } from '../host/tcp/index.ts'
import { decodeLatin } from '../wire/text.ts'

/** Octets of what was received that are kept for who asks. */
const KEPT_OCTETS = 65536

/** What a program has read from a socket: all of it counted, its beginning kept when wanted. */
export class Received {
  /** Octets so far. */
  octets = 0
  private readonly tcp: Tcp
  private readonly socket: number
  private readonly keeps: boolean
  private readonly parts: Uint8Array[] = []

  constructor(tcp: Tcp, socket: number, keeps: boolean) {
    this.tcp = tcp
    this.socket = socket
    this.keeps = keeps
  }

  /** What is kept, one character an octet. */
  get text(): string {
    return this.parts.map((part) => decodeLatin(part, 0, part.length)).join('')
  }

  /** Reads so many octets, which must be there. */
  take(count: number): void {
    if (count === 0) return
    const keep = this.keeps && this.octets < KEPT_OCTETS ? new Uint8Array(count) : undefined
    this.tcp.read(this.socket, keep, count)
    if (keep !== undefined) this.parts.push(keep)
    this.octets += count
  }
}
