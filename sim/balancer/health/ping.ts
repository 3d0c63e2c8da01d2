import type { SocketOwner } from '../../host/socket-owner.ts'
import type { Attempt, CheckKind, Question } from './check.ts'

const SIZE = 56

/** One echo request; any reply will do. */
class PingAttempt implements Attempt, SocketOwner {
  private readonly question: Question
  private readonly socket: number
  private over = false

  constructor(question: Question) {
    this.question = question
    const { host, address } = question
    this.socket = host.icmp.echo.open(this, 0)
    if (!host.icmp.echo.send(this.socket, address, 1, SIZE, 0, 0, 'when-it-fits')) {
      this.end(false, 'there is no route')
    }
  }

  wake(): void {
    const answer = this.question.host.icmp.echo.receive(this.socket)
    if (answer === undefined) return
    if (answer.isReply) this.end(true, 'it answered')
    else this.end(false, 'it cannot be reached')
  }

  giveUp(): { works: boolean; why: string } {
    this.close()
    return { works: false, why: 'it did not answer the ping' }
  }

  private end(works: boolean, why: string): void {
    if (this.over) return
    this.close()
    this.question.done(works, why)
  }

  private close(): void {
    this.over = true
    this.question.host.icmp.echo.close(this.socket)
  }
}

export const pingCheck: CheckKind = {
  name: 'ping',
  sentence: 'an echo request must be answered: the machine is there',
  source: 'keepalived PING_CHECK; RFC 792',
  elsewhere: ['PING_CHECK (keepalived)', 'gateway_icmp (F5)', 'icmp (A10)'],
  protocol: 'icmp',
  port: 0,
  begin: (question) => new PingAttempt(question),
}
