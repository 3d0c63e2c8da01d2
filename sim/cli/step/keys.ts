/** What a key asks for. */
export type Wish = 'next' | 'back' | 'first' | 'last' | 'quit'

/** What terminals send, in the order in which it is looked for: longer sequences first. */
const KEYS: readonly (readonly [string, Wish])[] = [
  ['\x1b[1~', 'first'],
  ['\x1b[4~', 'last'],
  ['\x1b[7~', 'first'],
  ['\x1b[8~', 'last'],
  ['\x1b[5~', 'back'],
  ['\x1b[6~', 'next'],
  ...['\x1b[', '\x1bO'].flatMap((lead): (readonly [string, Wish])[] => [
    [`${lead}A`, 'back'],
    [`${lead}B`, 'next'],
    [`${lead}C`, 'next'],
    [`${lead}D`, 'back'],
    [`${lead}H`, 'first'],
    [`${lead}F`, 'last'],
  ]),
  ['\r', 'next'],
  ['\n', 'next'],
  [' ', 'next'],
  ['n', 'next'],
  ['b', 'back'],
  ['p', 'back'],
  ['\x7f', 'back'],
  ['\b', 'back'],
  ['g', 'first'],
  ['G', 'last'],
  ['q', 'quit'],
  ['Q', 'quit'],
  ['\x03', 'quit'],
  ['\x04', 'quit'],
]

/** An escape sequence that no key above has: passed over as a whole. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: such sequences begin with one
const UNKNOWN = /^\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.)/

/** The wishes in what a terminal sent: several keys may come at once. Unknown keys are none. */
export function wishesOf(text: string): Wish[] {
  const found: Wish[] = []
  let rest = text
  while (rest !== '') {
    const key = KEYS.find(([sequence]) => rest.startsWith(sequence))
    if (key !== undefined) {
      found.push(key[1])
      rest = rest.slice(key[0].length)
    } else rest = rest.slice(UNKNOWN.exec(rest)?.[0].length ?? 1)
  }
  // Esc alone asks to leave.
  return text === '\x1b' ? ['quit'] : found
}
