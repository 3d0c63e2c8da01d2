// Tests are written against these few functions. Underneath is uvu, which on its own stays green
// when a file registers no test, hangs without saying where, and never ends while a handle is open;
// here each of these is a failure with a name. There is no `.only`: run one file, or
// `npm test -- PATTERN`.

import { suite as uvuSuite } from 'uvu'
import * as assert from 'uvu/assert'
import { report } from './report.ts'

export { assert }

type Body = () => void | Promise<void>

/** Registers one test: a sentence about what must hold, and the proof. */
export type Register = (title: string, body: Body) => void

/** Registers the tests that `define` makes and runs them; an empty suite is a failure. */
export function suite(name: string, define: (test: Register) => void): void {
  const made = uvuSuite(name)
  const before = report.known()
  define((title, body) => {
    if (typeof body !== 'function') throw new Error(`"${name}: ${title}" has no body`)
    report.registered()
    made(title, () => report.run(name, title, body))
  })
  if (report.known() === before) throw new Error(`suite "${name}" has no test`)
  made.run()
}

/** One test for each row of a table; an empty table is a failure, and so is a name used twice. */
export function cases<Row extends { readonly name: string }>(
  name: string,
  rows: readonly Row[],
  body: (row: Row) => void | Promise<void>,
): void {
  suite(name, (test) => {
    const names = new Set<string>()
    for (const row of rows) {
      if (names.has(row.name)) throw new Error(`suite "${name}" has two rows named "${row.name}"`)
      names.add(row.name)
      test(row.name, () => body(row))
    }
  })
}

/**
 * Says that something cannot be tested here and why; it is counted and shown. Call it beside a
 * suite, or inside one instead of `test`.
 */
export function skip(name: string, reason: string): void {
  report.skipped(name, reason)
}

/** Octets written in hexadecimal; blanks do not count, `#` begins a remark. */
export function bytes(hex: string): Uint8Array<ArrayBuffer> {
  const digits = hex.replace(/#.*$/gm, '').replace(/\s+/g, '')
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) {
    throw new Error(`not whole octets in hexadecimal: ${hex}`)
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Compares octets; a difference is shown as a hex dump of 16 octets a line. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.fixture(dump(actual), dump(expected))
}

/** Offset and 16 octets in hexadecimal a line, as `xxd` and Wireshark show them. */
export function dump(octets: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < octets.length; at += 16) {
    const row = [...octets.slice(at, at + 16)].map((octet) => octet.toString(16).padStart(2, '0'))
    lines.push(`${at.toString(16).padStart(4, '0')}  ${row.join(' ')}`)
  }
  return lines.join('\n')
}
