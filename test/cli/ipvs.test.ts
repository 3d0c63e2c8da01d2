import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { assert, suite } from '../lib/harness.ts'
import { bundleProgram, Desk } from './vipwire.ts'

const FILE = join(import.meta.dirname, '..', '..', 'pcaps', 'ipvs-schedulers', 'runs.ndjson.gz')
interface Run {
  readonly name: string
  readonly events: { chosen?: string | null; counts?: unknown }[]
}
const runs = gunzipSync(readFileSync(FILE)).toString('utf8').trim().split('\n')
const runNamed = (name: string): Run => {
  return runs.map((line) => JSON.parse(line) as Run).find((run) => run.name === name)!
}

suite('vipwire ipvs', (test) => {
  const desk = new Desk({})
  for (const name of ['all', 'bare', 'false']) mkdirSync(join(desk.folder, name))
  const run = runNamed('wlc__3-2-1__mix')
  const opened = run.events.filter((event) => event.chosen !== undefined)
  desk.put('all/mix.json', JSON.stringify(run))
  desk.put('all/lots.json', JSON.stringify(runNamed('twos__3-2-1__c24')))
  const bare = run.events.map(({ chosen: _, counts: __, ...event }) => event)
  desk.put('bare/mix.json', JSON.stringify({ ...run, events: bare }))
  const [first, ...others] = run.events
  const wrong = [{ ...first, chosen: '172.16.20.1' }, ...others]
  desk.put('false/mix.json', JSON.stringify({ ...run, events: wrong }))
  test('the command line can be bundled', bundleProgram)

  test('says how many decisions agree', () => {
    const { status, stdout, stderr } = desk.run(['ipvs', 'all'])
    const count = opened.length
    const lots = '1 of the runs draw lots and are not compared'
    assert.is(stdout, `ipvs: ${count} of ${count} decisions; ${lots}\n`)
    assert.is(stderr, '')
    assert.is(status, 0)
  })

  test('chooses without being told whom the kernel chose', () => {
    const { status, stdout } = desk.run(['ipvs', 'bare', '--json'])
    assert.is(status, 0)
    const chosen = opened.map((event) => event.chosen)
    assert.equal(JSON.parse(stdout), { file: 'mix.json', chosen })
  })

  test('names the event that differs, and fails', () => {
    const { status, stdout, stderr } = desk.run(['ipvs', 'false'])
    assert.is(status, 1)
    assert.is(stderr, 'mix.json: event 1: 172.16.20.3 instead of 172.16.20.1\n')
    assert.is(stdout, `ipvs: ${opened.length - 1} of ${opened.length} decisions\n`)
  })

  test('the desk is cleared', () => desk.clear())
})
