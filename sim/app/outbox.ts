import type { Tcp } from '../host/tcp/index.ts'
import { PATTERN, PATTERN_LEN } from './pattern.ts'

/** One write of a program: octets of its own, or so many of the pattern. */
interface Write {
  readonly octets: Uint8Array | undefined
  readonly size: number
  done: number
}

/** What a program has yet to write into a socket, in order; each entry is one write of its own. */
export class Outbox {
  private readonly tcp: Tcp
  private readonly socket: number
  private readonly writes: Write[] = []

  constructor(tcp: Tcp, socket: number) {
    this.tcp = tcp
    this.socket = socket
  }

  get empty(): boolean {
    return this.writes.length === 0
  }

  add(octets: Uint8Array): void {
    if (octets.length > 0) this.writes.push({ octets, size: octets.length, done: 0 })
  }

  addPattern(size: number): void {
    if (size > 0) this.writes.push({ octets: undefined, size, done: 0 })
  }

  /** Writes until the socket takes no more; true when nothing is left. */
  flush(): boolean {
    while (this.writes.length > 0) {
      const write = this.writes[0]!
      if (!this.push(write)) return false
      this.writes.shift()
    }
    return true
  }

  private push(write: Write): boolean {
    while (write.done < write.size) {
      const { octets } = write
      const from = octets === undefined ? write.done % PATTERN_LEN : write.done
      const room = octets === undefined ? PATTERN_LEN - from : write.size
      const want = Math.min(write.size - write.done, room)
      const source = octets ?? PATTERN
      // Pieces of one write are kept together, so that PSH ends the write and not each piece.
      const more = write.done + want < write.size
      const taken = this.tcp.write(this.socket, source, from, from + want, more)
      write.done += taken
      if (taken < want) return false
    }
    return true
  }
}
