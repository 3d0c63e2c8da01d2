import { decodeLatin, encodeText } from '../../wire/text.ts'
import type { CheckKind } from './check.ts'
import { Conversation, type Script, type Verdict } from './conversation.ts'

/** Waits for a line that begins with a code, says the next thing, and so on to the end. */
class Greeting implements Script {
  private readonly codes: readonly string[]
  private readonly says: readonly string[]
  private at = 0
  private text = ''

  /** `codes[i]` is what must come before `says[i]` is said; after the last code all is well. */
  constructor(codes: readonly string[], says: readonly string[]) {
    this.codes = codes
    this.says = says
  }

  get waitingFor(): string {
    return this.at === 0 ? 'it did not greet' : `it did not answer ${this.says[this.at - 1]}`
  }

  opened(): undefined {
    return undefined
  }

  heard(octets: Uint8Array): Verdict | Uint8Array | undefined {
    this.text += decodeLatin(octets, 0, octets.length)
    const end = this.lastLineEnd()
    if (end < 0) return undefined
    const code = this.text.slice(0, 3)
    this.text = this.text.slice(end)
    const wanted = this.codes[this.at]!
    if (code !== wanted) return { works: false, why: `it answered ${code} instead of ${wanted}` }
    this.at++
    const say = this.says[this.at - 1]
    if (say === undefined) return { works: true, why: `it answered ${code}` }
    return encodeText(`${say}\r\n`)
  }

  /** Behind the last line of a reply (RFC 959 §4.2: its code is followed by a blank), or -1. */
  private lastLineEnd(): number {
    const match = /^(?:\d{3}-[^\n]*\n|[^\d\n][^\n]*\n)*\d{3} [^\n]*\n/.exec(this.text)
    return match === null ? -1 : match[0].length
  }
}

export const ftpCheck: CheckKind = {
  name: 'ftp',
  sentence: 'an FTP server must greet with 220',
  source: 'RFC 959 §5.4',
  elsewhere: ['ftp (F5, A10)'],
  protocol: 'tcp',
  port: 21,
  begin: (question) => new Conversation(question, new Greeting(['220', '221'], ['QUIT'])),
}

export const smtpCheck: CheckKind = {
  name: 'smtp',
  sentence: 'a mail server must greet with 220 and take a HELO',
  source: 'keepalived SMTP_CHECK; RFC 5321 §4.3.2',
  elsewhere: ['SMTP_CHECK (keepalived)', 'option smtpchk (HAProxy)', 'smtp (F5, A10)'],
  protocol: 'tcp',
  port: 25,
  begin: (question) => {
    const says = [`HELO ${question.host.name}`, 'QUIT']
    return new Conversation(question, new Greeting(['220', '250', '221'], says))
  },
}
