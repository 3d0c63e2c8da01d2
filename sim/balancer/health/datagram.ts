import type { SocketOwner } from '../../host/socket-owner.ts'
import { NO_ERROR, read, TYPE_A, writeQuery } from '../../wire/dns.ts'
import type { Attempt, CheckKind, Question } from './check.ts'

interface Verdict {
  readonly works: boolean
  readonly why: string
}

/** One datagram; an ICMP error means that nobody is there. */
class DatagramAttempt implements Attempt, SocketOwner {
  private readonly question: Question
  private readonly silence: Verdict
  private readonly judge: (octets: Uint8Array) => Verdict
  private readonly socket: number
  private over = false

  constructor(
    question: Question,
    octets: Uint8Array,
    silence: Verdict,
    judge: (octets: Uint8Array) => Verdict,
  ) {
    this.question = question
    this.silence = silence
    this.judge = judge
    const { udp } = question.host
    this.socket = udp.open({ owner: this, local: 0, localPort: 0 })
    const { address, port } = question
    const sent =
      this.socket >= 0 && udp.sendTo(this.socket, octets, 0, octets.length, address, port)
    if (!sent) this.end({ works: false, why: 'there is no route' })
  }

  wake(): void {
    if (this.over) return
    const { udp } = this.question.host
    const datagram = udp.receive(this.socket)
    if (datagram !== undefined) return this.end(this.judge(datagram.bytes))
    const error = udp.error(this.socket)
    if (error === '') return
    const why = error === 'refused' ? 'its port is closed' : 'it cannot be reached'
    this.end({ works: false, why })
  }

  giveUp(): Verdict {
    this.close()
    return this.silence
  }

  private end(verdict: Verdict): void {
    this.close()
    this.question.done(verdict.works, verdict.why)
  }

  private close(): void {
    this.over = true
    if (this.socket >= 0) this.question.host.udp.close(this.socket)
  }
}

export const udpCheck: CheckKind = {
  name: 'udp',
  sentence: 'a datagram must not come back as port unreachable; what silence means can be set',
  source: 'keepalived UDP_CHECK',
  elsewhere: ['UDP_CHECK (keepalived)', 'udp (F5, A10)'],
  protocol: 'udp',
  port: 0,
  begin: (question) => {
    const works = question.details.silence !== 'down'
    const silence = { works, why: works ? 'nothing says it is closed' : 'it did not answer' }
    const answered = { works: true, why: 'it answered' }
    return new DatagramAttempt(question, new Uint8Array(0), silence, () => answered)
  },
}

export const dnsCheck: CheckKind = {
  name: 'dns',
  sentence: 'a name server must know a name',
  source: 'keepalived DNS_CHECK; RFC 1035',
  elsewhere: ['DNS_CHECK (keepalived)', 'dns (F5, A10)'],
  protocol: 'udp',
  port: 53,
  begin: (question) => {
    const { details, chance } = question
    const query = writeQuery(1 + chance.below(0xffff), details.name ?? 'localhost', TYPE_A)
    const silence = { works: false, why: 'it did not answer' }
    return new DatagramAttempt(question, query, silence, (octets) => {
      const message = read(octets)
      if (typeof message === 'string') return { works: false, why: 'its answer is no DNS' }
      if (message.rcode === NO_ERROR) return { works: true, why: 'it knows the name' }
      return { works: false, why: `it answered with code ${message.rcode}` }
    })
  },
}
