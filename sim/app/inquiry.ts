import type { SocketOwner } from '../host/socket-owner.ts'
import { NO_TIMER, type Timed, type Timer } from '../host/timers.ts'
import type { Address } from '../wire/address.ts'
import * as dns from '../wire/dns.ts'
import type { Resolver } from './resolver.ts'

/** Addresses of IPv4 and of IPv6. */
export type RecordType = 'A' | 'AAAA'

/** What became of a question. */
export type Resolution =
  | { readonly addresses: readonly Address[] }
  | { readonly problem: 'timeout' | 'no-such-name' | 'unreachable' | 'refused' }

/** Address number and port of who asks; 0: what the route says, an ephemeral one. */
export interface Sender {
  readonly local: number
  readonly localPort: number
}

/** glibc's resolver: 5 s a try, two tries. */
const TRY_NS = 5_000_000_000
const TRIES = 2
const DNS_PORT = 53

/** A question of an inquiry, and what became of it. */
interface Question {
  readonly type: RecordType
  readonly ident: number
  readonly query: Uint8Array
  answer: Resolution | undefined
}

/** Questions about one name on their way from one socket, as glibc asks for both families. */
export class Inquiry implements SocketOwner, Timed {
  private readonly resolver: Resolver
  private readonly server: number
  private readonly name: string
  private readonly questions: readonly Question[]
  private readonly told: (resolutions: readonly Resolution[]) => void
  private socket = -1
  private tries = 0
  private timer: Timer = NO_TIMER

  constructor(
    resolver: Resolver,
    server: number,
    name: string,
    questions: readonly { readonly type: RecordType; readonly ident: number }[],
    told: (resolutions: readonly Resolution[]) => void,
  ) {
    this.resolver = resolver
    this.server = server
    this.name = name
    this.questions = questions.map(({ type, ident }): Question => {
      const id = ident === 0 ? resolver.stream.below(0x1_0000) : ident
      const code = type === 'A' ? dns.TYPE_A : dns.TYPE_AAAA
      return { type, ident: id, query: dns.writeQuery(id, name, code), answer: undefined }
    })
    this.told = told
  }

  begin({ local, localPort }: Sender): void {
    const { udp } = this.resolver.host
    this.socket = udp.open({ owner: this, local, localPort })
    if (this.socket < 0) return this.told(this.questions.map(() => ({ problem: 'refused' })))
    this.send()
  }

  wake(): void {
    const { udp } = this.resolver.host
    const error = udp.error(this.socket)
    if (error !== '') return this.end(error === 'too-big' ? 'unreachable' : error)
    for (let got = udp.receive(this.socket); got !== undefined; got = udp.receive(this.socket)) {
      if (got.from !== this.server || got.fromPort !== DNS_PORT) continue
      const message = dns.read(got.bytes)
      if (typeof message === 'string') continue
      const question = this.questionOf(message)
      if (question !== undefined && this.answered(question, message)) return
    }
  }

  /** RFC 5452 §9.1: an answer to a question has its id and repeats it. */
  private questionOf({ isResponse, id, name }: dns.Message): Question | undefined {
    if (!isResponse || name.toLowerCase() !== this.name.toLowerCase()) return undefined
    return this.questions.find((each) => each.ident === id && each.answer === undefined)
  }

  due(): void {
    this.timer = NO_TIMER
    if (this.tries < TRIES) this.send()
    else this.end('timeout')
  }

  private send(): void {
    const { host, timers } = this.resolver
    this.tries++
    for (const { query, answer } of this.questions) {
      if (answer !== undefined) continue
      if (!host.udp.sendTo(this.socket, query, 0, query.length, this.server, DNS_PORT)) {
        return this.end('unreachable')
      }
    }
    this.timer = timers.after(TRY_NS, this, 0)
  }

  /** Notes an answer; true when it was the last. */
  private answered(question: Question, message: dns.Message): boolean {
    const addresses = message.answers.flatMap(({ address }) =>
      address === undefined ? [] : [address],
    )
    if (addresses.length === 0) question.answer = { problem: 'no-such-name' }
    else {
      const ttl = Math.min(...message.answers.map((answer) => answer.ttlSeconds))
      this.resolver.remember(this.name, question.type, addresses, ttl)
      question.answer = { addresses }
    }
    if (this.questions.some(({ answer }) => answer === undefined)) return false
    this.end('timeout')
    return true
  }

  /** Ends with what was answered; the rest came to `problem`. */
  private end(problem: 'timeout' | 'unreachable' | 'refused'): void {
    if (this.timer !== NO_TIMER) this.resolver.timers.cancel(this.timer)
    this.resolver.host.udp.close(this.socket)
    this.told(this.questions.map(({ answer }) => answer ?? { problem }))
  }
}
