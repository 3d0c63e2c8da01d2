import type { SocketOwner } from '../../host/socket-owner.ts'
import type { Attempt, Question } from './check.ts'

/** What a check does with its connection. */
export interface Script {
  /** The connection stands: octets to write, if any. */
  opened(): Uint8Array | undefined
  /** Octets came, or the end. Returns a verdict, octets to write next, or nothing yet. */
  heard(octets: Uint8Array, atEnd: boolean): Verdict | Uint8Array | undefined
  /** What it means when nothing more comes. */
  readonly waitingFor: string
}

export interface Verdict {
  readonly works: boolean
  readonly why: string
}

/** A question over TCP: connects, follows a script and closes. */
export class Conversation implements Attempt, SocketOwner {
  private readonly question: Question
  private readonly script: Script
  private socket = -1
  private opened = false
  private over = false

  constructor(question: Question, script: Script) {
    this.question = question
    this.script = script
    const { host, address, port } = question
    const ends = { local: 0, localPort: 0, remote: address, remotePort: port }
    this.socket = host.tcp.connect({ owner: this, ...ends })
    if (this.socket < 0) {
      this.over = true
      question.done(false, 'there is no route')
    }
  }

  wake(): void {
    if (this.over) return
    const { tcp } = this.question.host
    const error = tcp.error(this.socket)
    if (!this.opened) {
      if (error !== '') return this.end({ works: false, why: REASONS[error] ?? error })
      if (!tcp.established(this.socket)) return
      this.opened = true
      this.write(this.script.opened())
    }
    // What came before a reset can still be read.
    const octets = new Uint8Array(tcp.readable(this.socket))
    tcp.read(this.socket, octets, octets.length)
    const atEnd = tcp.atEnd(this.socket)
    const answer = this.script.heard(octets, atEnd)
    if (answer instanceof Uint8Array) return this.write(answer)
    if (answer !== undefined) return this.end(answer)
    if (error !== '') return this.end({ works: false, why: REASONS[error] ?? error })
    if (atEnd) this.end({ works: false, why: 'it closed the connection' })
  }

  giveUp(): Verdict {
    const why = this.opened ? this.script.waitingFor : 'it did not answer the SYN'
    if (!this.over) this.question.host.tcp.abort(this.socket)
    this.over = true
    return { works: false, why }
  }

  private write(octets: Uint8Array | undefined): void {
    if (octets !== undefined) this.question.host.tcp.write(this.socket, octets, 0, octets.length)
  }

  private end(verdict: Verdict): void {
    this.over = true
    this.question.host.tcp.close(this.socket)
    this.question.done(verdict.works, verdict.why)
  }
}

/** What became of a connection, in words. */
const REASONS: Readonly<Record<string, string>> = {
  refused: 'its port is closed',
  reset: 'it reset the connection',
  unreachable: 'it cannot be reached',
  timeout: 'it did not answer the SYN',
}
