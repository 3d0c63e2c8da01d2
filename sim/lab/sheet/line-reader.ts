/** What is wrong with a line; caught where the line was asked for. */
export class LineError extends Error {
  readonly at: number
  readonly hint: string | undefined

  constructor(message: string, at: number, hint?: string) {
    super(message)
    this.at = at
    this.hint = hint
  }
}

/** A word and the character it begins at, from 0. */
export interface Token {
  readonly text: string
  readonly at: number
}

/** The words of a line, one after the other. */
export class Reader {
  private readonly list: readonly Token[]
  private readonly length: number
  private index = 0

  constructor(list: readonly Token[], length: number) {
    this.list = list
    this.length = length
  }

  peek(): Token | undefined {
    return this.list[this.index]
  }

  next(wanted: string): Token {
    const token = this.list[this.index++]
    if (token === undefined)
      throw new LineError(`the line ends where ${wanted} must stand`, this.length)
    return token
  }

  take(text: string): boolean {
    if (this.peek()?.text !== text) return false
    this.index++
    return true
  }

  expect(text: string): void {
    const token = this.next(`'${text}'`)
    if (token.text !== text)
      throw new LineError(`'${token.text}' stands where '${text}' must`, token.at)
  }

  end(): void {
    const token = this.peek()
    if (token !== undefined)
      throw new LineError(`'${token.text}' is no detail of a packet`, token.at, DETAILS)
  }
}

/** Hint at what may stand behind the ends of a packet. */
export const DETAILS: string =
  'details: seq A[:B], ack N, win N, len N, ttl N, id N, tos N, DF, <options>'

/** Words, braces and `<options>` with their places. */
export function tokens(text: string): Token[] {
  const list: Token[] = []
  for (const match of text.matchAll(/<[^>]*>|[{}]|[^\s{}]+/g)) {
    list.push({ text: match[0], at: match.index })
  }
  return list
}
