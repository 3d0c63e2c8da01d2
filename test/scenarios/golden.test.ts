// What each sheet put on the wires when it was last looked at, frame for frame. After a change that
// is meant: UPDATE_GOLDEN=1 npm test -- scenarios/golden, and look at the difference in Wireshark.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCapture } from '../../sim/capture/index.ts'
import { assert, dump, suite } from '../lib/harness.ts'
import { captureAll, captureWriter, filesOf, nameOf, SHEETS } from './sheet-captures.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'pcaps', 'golden')
const UPDATE = process.env['UPDATE_GOLDEN'] === '1'
/** Sheets of the first chapters; those of Linux's labs are compared with Linux itself. */
const CHOSEN = SHEETS.filter((sheet) => /\/[12]-/.test(sheet))

/** Each frame as text: interface, time since the first, octets. */
function frames(file: Uint8Array): string[] {
  const { interfaces, records, problem } = readCapture(file)
  assert.is(problem, undefined)
  return records.map(({ interfaceId, seconds, nanoseconds, direction, bytes }) => {
    const time = `${seconds}.${String(nanoseconds).padStart(9, '0')}`
    return `${interfaces[interfaceId]} ${['', 'in', 'out'][direction]} ${time}\n${dump(bytes)}`
  })
}

const ours = captureAll(await captureWriter('golden'), CHOSEN)

suite('golden captures', (test) => {
  for (const sheet of CHOSEN) {
    test(`${sheet} sends what it sent`, () => {
      const name = `${nameOf(sheet)}.pcapng`
      const path = join(FOLDER, name)
      const fresh = filesOf(ours, sheet).get(name)
      assert.ok(fresh !== undefined, `no ${name} was written`)
      if (UPDATE) {
        assert.is(process.env['CI'], undefined, 'golden captures are not made by CI')
        mkdirSync(FOLDER, { recursive: true })
        writeFileSync(path, fresh as Uint8Array)
        return
      }
      assert.ok(existsSync(path), `${name} has no golden capture: UPDATE_GOLDEN=1 makes one`)
      const golden = new Uint8Array(readFileSync(path))
      if (Buffer.compare(golden, fresh as Uint8Array) === 0) return
      compare(frames(golden), frames(fresh as Uint8Array))
      assert.unreachable('the frames are the same, comments or names are not')
    })
  }
})

/** Shows the first frame that differs, and nothing after it. */
function compare(golden: readonly string[], fresh: readonly string[]): void {
  for (let i = 0; i < Math.max(golden.length, fresh.length); i++) {
    const number = `frame ${i + 1}\n`
    assert.fixture(number + (fresh[i] ?? 'none'), number + (golden[i] ?? 'none'))
  }
}
