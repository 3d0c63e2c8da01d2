import * as assert from 'uvu/assert'
import { suite as uvuSuite } from 'uvu'

export { assert }

type Body = () => void | Promise<void>
type Register = (name: string, body: Body) => void

/** A test that hangs is named after this many milliseconds. */
const LIMIT_MS = Number(process.env['TEST_TIMEOUT_MS'] ?? 30_000)

/** Registers the tests that `define` makes and runs them; an empty suite is a failure. */
export function suite(name: string, define: (test: Register) => void): void {
  const made = uvuSuite(name)
  let count = 0
  define((title, body) => {
    count++
    made(title, async () => {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        const error = new Error(`"${name}: ${title}" did not finish in ${LIMIT_MS} ms`)
        timer = setTimeout(() => reject(error), LIMIT_MS)
      })
      try {
        await Promise.race([body(), late])
      } finally {
        clearTimeout(timer)
      }
    })
  })
  if (count === 0) throw new Error(`suite "${name}" has no test`)
  made.run()
}

/** One test for each row of a table; an empty table is a failure. */
export function cases<Row extends { readonly name: string }>(
  name: string,
  rows: readonly Row[],
  body: (row: Row) => void | Promise<void>,
): void {
  suite(name, (test) => {
    for (const row of rows) test(row.name, () => body(row))
  })
}

/** Octets written in hexadecimal; blanks do not count, `#` begins a remark. */
export function bytes(hex: string): Uint8Array {
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

function dump(octets: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < octets.length; at += 16) {
    const row = [...octets.slice(at, at + 16)].map((octet) => octet.toString(16).padStart(2, '0'))
    lines.push(`${at.toString(16).padStart(4, '0')}  ${row.join(' ')}`)
  }
  return lines.join('\n')
}
