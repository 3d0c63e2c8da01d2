import { join } from 'node:path'
import { assert, bytes, cases, dump, suite } from './harness.ts'
import { junit } from './junit.ts'
import { runFile, type FileResult } from './run-file.ts'
import { readTap } from './run-sheets.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** A fixture's result, with limits short enough for a test. */
function fixture(name: string, fileMs = 30_000): Promise<FileResult> {
  return runFile(ROOT, `test/lib/fixtures/${name}.ts`, {
    fileMs,
    env: { TEST_TIMEOUT_MS: '300', TEST_LINGER_MS: '300' },
  })
}

cases(
  'harness: a file that proves nothing is a failure',
  [
    { name: 'no test', file: 'empty', passed: 0, says: /^no test ran$/ },
    { name: 'a suite made past the harness', file: 'bare-uvu', passed: 0, says: /^no test ran$/ },
    { name: 'a table without rows', file: 'empty-suite', passed: 0, says: /"no rows" has no test/ },
    { name: 'a suite too late', file: 'too-late', passed: 1, says: /^1 tests were registered but/ },
    { name: 'a test that hangs', file: 'hanging', passed: 0, says: /^patience: waits for ever$/ },
    {
      name: 'a test that spins',
      file: 'spinning',
      passed: 0,
      fileMs: 8_000,
      says: /^killed after 8000 ms in "patience: turns in a circle"$/,
    },
    { name: 'an open handle', file: 'leaking', passed: 1, says: /still open: Timeout$/ },
    { name: 'a broken file', file: 'throwing', passed: 0, says: /^exit code 1$/ },
  ],
  async ({ file, passed, says, fileMs }) => {
    const result = await fixture(file, fileMs)
    assert.is(result.passed, passed, result.output)
    assert.is(result.failed, 1, result.output)
    assert.match(result.failures[0]?.title ?? '', says)
  },
)

suite('harness', (test) => {
  test('a failing test is named, shown in octets, and the others are counted', async () => {
    const result = await fixture('failing')
    assert.equal([result.passed, result.failed, result.skipped.length], [1, 1, 1])
    assert.is(result.failures[0]?.title, 'octets: differ')
    assert.match(result.output, /45·01/)
    assert.equal(result.skipped[0], {
      title: 'octets of the moon',
      reason: 'there is no network there',
    })
    const xml = junit([result])
    assert.match(xml, /<testsuites tests="3" failures="1">/)
    assert.match(xml, /<skipped message="there is no network there"\/>/)
  })

  test('hexadecimal with remarks becomes octets', () => {
    assert.equal([...bytes('45 00 # version\n c0a8')], [0x45, 0, 0xc0, 0xa8])
    assert.throws(() => bytes('4 5 0'), /not whole octets/)
    assert.throws(() => bytes('zz'), /not whole octets/)
  })

  test('a dump has an offset and sixteen octets a line', () => {
    assert.is(dump(new Uint8Array(17)).split('\n')[1], '0010  00')
  })
})

cases(
  'harness: a report of the sheets',
  [
    {
      name: 'is counted',
      tap: '1..2\nok 1 - a\nok 2 - b # SKIP no root\n',
      code: 0,
      is: [1, 0, 1],
    },
    { name: 'with a failure', tap: '1..1\nnot ok 1 - a\n  ---\n  x: 1\n', code: 1, is: [0, 1, 0] },
    { name: 'that ends early fails', tap: '1..2\nok 1 - a\n', code: 0, is: [1, 1, 0] },
    { name: 'that is empty fails', tap: '', code: 0, is: [0, 1, 0] },
    { name: 'without a sheet fails', tap: '1..0\n', code: 0, is: [0, 1, 0] },
    { name: 'that its exit code denies fails', tap: '1..1\nok 1 - a\n', code: 3, is: [1, 1, 0] },
  ],
  ({ tap, code, is }) => {
    const { passed, failed, skipped } = readTap(tap, '', code)
    assert.equal([passed, failed, skipped.length], is)
  },
)
