import type { Host } from '../../../sim/host/host.ts'
import type { SocketOptions } from '../../../sim/host/tcp/index.ts'
import type { Ground } from './ground.ts'
import type { Script } from './plan.ts'

const MS = 1_000_000

/** Octet `index` of the stream of the client (`forth`) or of the server: no period of 2^n. */
export const octetOf = (forth: boolean, index: number): number =>
  (index * 7 + (index >> 8) * 31 + (index >> 16) + (forth ? 0 : 99)) & 0xff

const MOST = 1 << 21
const streamOf = (forth: boolean): Uint8Array =>
  Uint8Array.from({ length: MOST }, (_, index) => octetOf(forth, index))
const STREAMS = [streamOf(false), streamOf(true)] as const

export const optionsOf = (script: Script): SocketOptions => ({
  receiveBuffer: script.receiveBuffer,
  sendBuffer: script.sendBuffer,
  congestion: script.congestion,
  nodelay: script.nodelay,
})

/** A program at one end: does the deeds of its script and reads meanwhile. */
export class Program {
  readonly host: Host
  readonly script: Script
  readonly forth: boolean
  socket = -1
  /** Octets the socket took, and octets it gave. */
  written = 0
  got = 0
  /** An octet that was not what the other end wrote. */
  wrong = -1
  /** How it ended: `end` of the stream, `closed` or `aborted` by itself, or the socket's error. */
  outcome = ''
  endedNs = 0
  /** It saw the end of the other's stream. */
  sawEnd = false
  private readonly ground: Ground
  private readonly into = new Uint8Array(65536)
  private next = 0
  private restingUntilNs = 0
  private owed = 0
  private isShut = false
  private readsAtNs = 0
  private readTimer = false

  constructor(ground: Ground, host: Host, script: Script, forth: boolean) {
    this.ground = ground
    this.host = host
    this.script = script
    this.forth = forth
  }

  /** Something has happened to its socket. */
  wake(): void {
    const { host, socket } = this
    if (this.outcome !== '' || socket < 0) return
    const error = host.tcp.error(socket)
    if (error !== '') return this.finish(error, 'close')
    this.read()
    if (this.outcome !== '') return
    if (host.tcp.state(socket) === 0 && !this.isShut) return this.finish('gone', 'close')
    if (!host.tcp.established(socket)) return
    this.act()
  }

  private read(): void {
    const { script, host, socket, ground } = this
    if (script.readOctets === 0) return
    const { now } = ground.agenda
    if (now < this.readsAtNs) return this.readLater()
    for (;;) {
      const count = host.tcp.read(socket, this.into, script.readOctets)
      const stream = STREAMS[this.forth ? 0 : 1]!
      for (let i = 0; i < count; i++) {
        if (this.into[i] !== stream[this.got + i] && this.wrong < 0) this.wrong = this.got + i
      }
      this.got += count
      if (count === 0) break
      if (script.readOctets === 65536) continue
      this.readsAtNs = now + script.readEveryMs * MS
      this.readLater()
      break
    }
    if (!host.tcp.atEnd(socket)) return
    this.sawEnd = true
    if (this.isShut) this.finish('end', 'close')
  }

  private readLater(): void {
    if (this.readTimer) return
    this.readTimer = true
    this.ground.at(this.readsAtNs, () => {
      this.readTimer = false
      this.wake()
    })
  }

  private act(): void {
    const { script, host, socket, ground } = this
    const { now } = ground.agenda
    if (this.isShut || now < this.restingUntilNs) return
    for (;;) {
      if (this.owed > 0) {
        const stream = STREAMS[this.forth ? 1 : 0]!
        const taken = host.tcp.write(socket, stream, this.written, this.written + this.owed)
        this.written += taken
        this.owed -= taken
        if (this.owed > 0) return
      }
      const deed = script.deeds[this.next]
      if (deed === undefined) break
      this.next++
      if ('write' in deed) this.owed = deed.write
      else if ('option' in deed) host.tcp.setOption(socket, deed.option, deed.on)
      else {
        this.restingUntilNs = now + deed.restMs * MS
        ground.at(this.restingUntilNs, () => this.wake())
        return
      }
    }
    if (script.ending !== 'shutdown') {
      return this.finish(script.ending === 'close' ? 'closed' : 'aborted', script.ending)
    }
    this.isShut = true
    host.tcp.shutdown(socket)
    if (this.sawEnd) this.finish('end', 'close')
  }

  private finish(outcome: string, how: 'close' | 'abort'): void {
    this.outcome = outcome
    this.endedNs = this.ground.agenda.now
    this.host.tcp[how](this.socket)
    this.socket = -1
  }
}
