import { MessageReader, writeHead } from '../../wire/http.ts'
import type { CheckDetails, CheckKind } from './check.ts'
import { Conversation, type Script, type Verdict } from './conversation.ts'

/** Octets of a page in which the wanted text is looked for. */
const SEARCHED = 65536

/** GET, then status and text are compared. */
class Page implements Script {
  readonly waitingFor = 'its page did not come'
  private readonly details: CheckDetails
  private readonly reader = new MessageReader('response', SEARCHED)

  constructor(details: CheckDetails) {
    this.details = details
  }

  opened(): Uint8Array {
    const { path = '/', host } = this.details
    const headers: (readonly [string, string])[] = [
      ['Host', host ?? ''],
      ['User-Agent', 'vipwire-check'],
      ['Connection', 'close'],
    ]
    return writeHead(`GET ${path} HTTP/1.1`, headers)
  }

  heard(octets: Uint8Array, atEnd: boolean): Verdict | undefined {
    const { reader } = this
    reader.push(octets)
    if (atEnd) reader.end()
    if (reader.problem !== undefined) return { works: false, why: 'it answered no HTTP' }
    return reader.complete ? this.judge() : undefined
  }

  private judge(): Verdict {
    const { status = 0, body } = this.details
    const got = this.reader.status
    if (status === 0 ? got < 200 || got >= 400 : got !== status) {
      return { works: false, why: `it answered with status ${got}` }
    }
    if (body !== undefined && !this.reader.body.includes(body)) {
      return { works: false, why: `'${body}' is not in its page` }
    }
    return { works: true, why: `it answered with status ${got}` }
  }
}

export const httpCheck: CheckKind = {
  name: 'http',
  sentence: 'a page must come with the right status and, if asked for, a text in it',
  source: 'keepalived HTTP_GET',
  elsewhere: ['HTTP_GET (keepalived)', 'option httpchk (HAProxy)', 'http (F5, A10)'],
  protocol: 'tcp',
  port: 80,
  begin: (question) => new Conversation(question, new Page(question.details)),
}
