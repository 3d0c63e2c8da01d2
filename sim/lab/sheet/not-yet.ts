/**
 * What is part of the language and does not run yet. The one table of it: a feature that arrives
 * removes its rows here and adds its keys or words to the schema.
 */

/** Keys by the map they stand in. */
export const LATER_KEYS = {
  sheet: ['vrrp', 'golden', 'sweep'],
  interface: ['tunnel'],
  node: ['copies'],
  service: ['pools', 'http', 'tls', 'buffer', 'proxy-protocol', 'helper'],
  server: ['tunnel'],
  web: ['session'],
  zone: ['nearest'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Words by the choice they belong to. */
export const LATER_WORDS = {
  forward: ['full-nat', 'tunnel', 'proxy'],
  health: ['https'],
  persist: ['cookie', 'url-parameter', 'header'],
  run: ['tls', 'worker', 'ftp', 'smtp', 'lines', 'erp', 'database', 'browser'],
  generator: ['pareto'],
  verb: ['job', 'restart', 'page'],
  expectation: ['vrrp', 'metric'],
  table: ['cache', 'cookies'],
  packet: ['ipip', 'gue', 'gre'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Ends a sentence that begins with the word. */
export const NOT_YET = 'is part of the language and not in this version yet'

/** The sentence about one word or key. */
export function notYetSentence(word: string): string {
  return `'${word}' ${NOT_YET}`
}
