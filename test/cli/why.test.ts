import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPcapng } from '../../sim/capture/index.ts'
import { assert, suite } from '../lib/harness.ts'
import { BALANCED, bundleProgram, Desk, FAILING } from './vipwire.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const desk = new Desk({ 'balanced.yaml': BALANCED, 'failing.yaml': FAILING })

suite('vipwire why', (test) => {
  test('the command line can be bundled', bundleProgram)
  test('takes the numbers that the ladder shows, and tells the journey', () => {
    const { stdout: ladder } = desk.run(['run', 'balanced.yaml', '--width', '120'])
    const [, number = ''] =
      /^ *(\d+) .* S 207\.17\.117\.20:\d+ > 172\.16\.20\.1:80/m.exec(ladder) ?? []
    const { stdout, stderr, status } = desk.run(['why', 'balanced.yaml', number, '--width', '120'])
    assert.equal([stderr, status], ['', 0])
    assert.match(stdout, new RegExp(`^Frame ${number} of \\d+: S 207`))
    assert.match(stdout, /30-33 +ip\.dst +199\.237\.202\.124 +172\.16\.20\.1 +translated\n/)
    assert.match(stdout, /service web: round-robin chose rs1:80\n/)
    assert.match(stdout, /taken by TCP, for a connection\n/)
  })
  test('counts as the capture of all interfaces does', () => {
    const out = join(desk.folder, 'out')
    desk.run(['run', 'balanced.yaml', '--quiet', '-o', out])
    const { records } = readPcapng(readFileSync(join(out, 'balanced.pcapng')))
    for (const number of [1, 12, records.length]) {
      const { stdout } = desk.run(['why', 'balanced.yaml', String(number), '--json'])
      const { version, frames, stays, direction } = JSON.parse(stdout)
      assert.equal([version, frames], [1, records.length])
      const stay = stays.find(({ events }: { events: { number: number }[] }) =>
        events.some((event) => event.number === number),
      )
      const octets = Buffer.from(records[number - 1]!.bytes).toString('hex')
      assert.is(direction === 'out' ? stay.after : stay.before, octets)
    }
  })
  test('a failure names the command that tells more about its frame', () => {
    const { stdout } = desk.run(['run', 'failing.yaml', '--quiet', '--seed', '5'])
    const command = /\n {2}closer {4}vipwire (why failing\.yaml \d+ --seed 5)\n/.exec(stdout)?.[1]
    assert.ok(command !== undefined, stdout)
    const { status, stdout: journey } = desk.run(command!.split(' '))
    assert.is(status, 0)
    assert.match(journey, /: icmp echo-request /)
  })
  test('colours only mark what can be read without them', () => {
    const plain = desk.run(['why', 'balanced.yaml', '12']).stdout
    const coloured = desk.run(['why', 'balanced.yaml', '12', '--color']).stdout
    assert.ok(coloured.includes('\x1b['))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
    assert.is(coloured.replace(/\x1b\[\d+m/g, ''), plain)
    assert.match(plain, / \^\^/)
  })
  test('says what the README shows of it', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    const [, args = '', block = ''] =
      /`vipwire (why \S+ \d+)`, in part:\n\n```text\n([\s\S]*?)```/.exec(readme) ?? []
    const { stdout } = desk.run([...args.replace(' ', ` ${ROOT}/`).split(' '), '--width', '100'])
    const lines = new Set(stdout.split('\n'))
    assert.ok(block.split('\n').length > 15)
    for (const line of block.split('\n')) assert.ok(lines.has(line), line)
  })
  test('the desk is cleared', () => desk.clear())
})
