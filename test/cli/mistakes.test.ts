import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, suite } from '../lib/harness.ts'
import { bundleProgram, Desk, GOOD, WRONG } from './vipwire.ts'

/** `mistakes.txt` has the commands, what each says on stderr, and its exit code. */
const TEXT = readFileSync(join(import.meta.dirname, 'mistakes.txt'), 'utf8')
const MISTAKES = TEXT.split(/^\$ vipwire /m)
  .slice(1)
  .map((block) => block.trimEnd())

suite('mistakes of users', (test) => {
  const desk = new Desk({ 'good.yaml': GOOD, 'wrong.yaml': WRONG })
  for (const name of ['empty', 'captures', 'damaged', 'recordings', 'torn'])
    mkdirSync(join(desk.folder, name))
  desk.put('captures/nobody-eth9.pcap', '')
  const open = { saddr: 'nobody', sport: 1, daddr: '10.0.0.1', dport: 80 }
  const run = { scheduler: 'rr', servers: [], events: [{ open }] }
  desk.put('recordings/run.json', JSON.stringify(run))
  desk.put('torn/run.json', '')
  desk.put('damaged/client-eth0.pcap', 'short')
  test('the command line can be bundled', bundleProgram)
  for (const block of MISTAKES) {
    const [args = ''] = block.split('\n')
    test(`vipwire ${args}`, () => {
      const { status, stdout, stderr } = desk.run(args.split(' '))
      assert.fixture(`${args}\n${stderr}exit code ${status}`, block)
      assert.is(stdout, '')
    })
  }
  test('vipwire alone shows how it is used, on stderr', () => {
    const { status, stdout, stderr } = desk.run([])
    assert.match(stderr, /^Usage: vipwire /)
    assert.is(status, 2)
    assert.is(stdout, '')
  })
  test('the desk is cleared', () => desk.clear())
})
