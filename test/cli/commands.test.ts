import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPcap, readPcapng } from '../../sim/capture/index.ts'
import { assert, suite } from '../lib/harness.ts'
import { BALANCED, bundleProgram, Desk, FAILING, GOOD, PROGRAM, WRONG } from './vipwire.ts'

const desk = new Desk({ 'good.yaml': GOOD, 'failing.yaml': FAILING, 'wrong.yaml': WRONG })
const split = (args: string): string[] => args.split(' ')

suite('vipwire run', (test) => {
  test('the command line can be bundled', bundleProgram)
  test('shows ladder and verdict on stdout', () => {
    const { status, stdout, stderr } = desk.run(split('run good.yaml --width 120'))
    assert.is(stderr, '')
    assert.is(status, 0)
    assert.match(stdout, /^A ping\nTwo machines on one cable\.\n/)
    assert.match(stdout, /●───────▶ {7}icmp echo-request /)
    assert.match(stdout, /✓ response echo\n {4}a cable lies between them\n/)
    assert.match(
      stdout,
      /\nall 2 expectations held \(\d+\.\d{3} s of virtual time, \d+ frames on wires\)\n$/,
    )
  })
  test('says all of a failure, and fails', () => {
    const { status, stdout } = desk.run(split('run failing.yaml --quiet'))
    assert.is(status, 1)
    assert.match(stdout, /^failing\.yaml:9:5: count 2 of icmp\.type == 8 at client\.eth0\n/)
    assert.match(stdout, /\n {2}why {7}somebody can't count\n/)
    assert.match(stdout, /\n1 of 3 expectations did not hold\n$/)
  })
  test('--ascii writes nothing else', () => {
    assert.not.match(desk.run(split('run good.yaml --ascii')).stdout, /[^\n -~]/)
  })
  test('colours come when asked for, and not into a pipe', () => {
    const escape = '\x1b['
    assert.ok(!desk.run(split('run good.yaml')).stdout.includes(escape))
    assert.ok(desk.run(split('run good.yaml --color')).stdout.includes(escape))
    assert.ok(desk.run(split('run good.yaml'), { FORCE_COLOR: '1' }).stdout.includes(escape))
    const not = desk.run(split('run good.yaml'), { FORCE_COLOR: '1', NO_COLOR: '1' })
    assert.ok(!not.stdout.includes(escape))
  })
  test('--json is one object with a version', () => {
    const { stdout, status } = desk.run(split('run failing.yaml --json'))
    const found = JSON.parse(stdout) as { version: number; ok: boolean; expectations: unknown[] }
    assert.equal([found.version, found.ok, found.expectations.length], [1, false, 3])
    assert.is(status, 1)
  })
  test('a run that is too long is ended, and the bound is named', () => {
    const { stdout, status } = desk.run(split('run good.yaml --quiet --max-events 3'))
    assert.match(stdout, /after 3 events; --max-events sets the bound/)
    assert.is(status, 1)
  })
  test('--svg writes a picture', () => {
    assert.is(desk.run(split('run good.yaml --quiet --svg picture.svg')).status, 0)
    assert.match(readFileSync(join(desk.folder, 'picture.svg'), 'utf8'), /^<svg [\s\S]*<\/svg>\n$/)
  })
})

suite('captures', (test) => {
  const folder = join(desk.folder, 'out', 'here')
  test('-o writes one pcapng and a pcap for each interface, and says where', () => {
    const { stdout, status } = desk.run(['run', 'good.yaml', '--quiet', '-o', folder])
    assert.is(status, 0)
    assert.ok(stdout.includes(join(folder, 'good.pcapng')))
    assert.equal(readdirSync(folder).sort(), [
      'client-eth0.pcap',
      'good.pcapng',
      'server-eth0.pcap',
    ])
    const all = readPcapng(readFileSync(join(folder, 'good.pcapng')))
    const one = readPcap(readFileSync(join(folder, 'client-eth0.pcap')))
    assert.equal(all.interfaces, ['client.eth0', 'server.eth0'])
    assert.is(all.problem, undefined)
    assert.is(one.problem, undefined)
    const same = all.records.filter((record) => record.interfaceId === 0)
    assert.equal(
      same.map((record) => [...record.bytes]),
      one.records.map((record) => [...record.bytes]),
    )
    assert.ok(one.records.length >= 4)
  })
  test('a rewritten packet says what was changed and why, once it leaves', () => {
    desk.put('balanced.yaml', BALANCED)
    const out = join(desk.folder, 'balanced')
    assert.is(desk.run(['run', 'balanced.yaml', '--quiet', '-o', out]).status, 0)
    const { records, interfaces } = readPcapng(readFileSync(join(out, 'balanced.pcapng')))
    const said = records
      .filter((record) => record.comments.length > 0)
      .map(({ interfaceId, direction, comments }) => [
        interfaces[interfaceId],
        direction,
        ...comments,
      ])
    const why = 'service web: round-robin chose rs1:80'
    assert.equal(said[0], ['lb.inside', 2, `${why}; ip.dst 199.237.202.124 becomes 172.16.20.1`])
    assert.equal(said[1], ['lb.outside', 2, `${why}; ip.src 172.16.20.1 becomes 199.237.202.124`])
    const leaving = records.filter((record) => {
      const outside = interfaces[record.interfaceId]?.startsWith('lb.') && record.direction === 2
      return outside && record.bytes[12] === 0x08 && record.bytes[13] === 0x00
    })
    assert.is(said.length, leaving.length)
  })
  test('a run that cannot write leaves what was there', () => {
    const before = readFileSync(join(folder, 'good.pcapng'))
    const { status } = desk.run(['run', 'good.yaml', '-o', folder, '--svg', 'missing/picture.svg'])
    assert.is(status, 2)
    assert.equal(readFileSync(join(folder, 'good.pcapng')), before)
    assert.ok(!readdirSync(folder).some((name) => name.endsWith('.part')))
  })
  test('Ctrl-C ends with 130 and leaves nothing half written', async () => {
    desk.put(
      'long.yaml',
      GOOD.replace(
        'ping: 172.16.20.1, name: echo',
        `ping: 172.16.20.1, times: 2000000, every: 1ms, name: echo`,
      ),
    )
    const out = join(desk.folder, 'interrupted')
    const child = spawn(process.execPath, [PROGRAM, 'run', 'long.yaml', '-o', out], {
      cwd: desk.folder,
      stdio: 'ignore',
    })
    await until(() => existsSync(join(out, 'long.pcapng.part')))
    child.kill('SIGINT')
    const code = await new Promise((resolve) => child.on('exit', resolve))
    assert.is(code, 130)
    assert.equal(readdirSync(out), [])
  })
  test('a reader that goes away is no mistake', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'run', 'good.yaml'], {
      cwd: desk.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    const chatter: string[] = []
    child.stderr.on('data', (chunk) => chatter.push(String(chunk)))
    const code = await new Promise((resolve) => child.on('exit', resolve))
    assert.equal([code, chatter], [0, []])
  })
})

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(holds(), 'it did not happen within 20 s')
}

suite('vipwire test', (test) => {
  test('a line for each sheet and the sum; a wrong sheet is code 2', () => {
    const { stdout, status } = desk.run(split('test good.yaml failing.yaml wrong.yaml --ascii'))
    assert.match(
      stdout,
      /^NO failing\.yaml: Too many pings \(3 expectations, \d+ ms\)\n {4}failing/,
    )
    assert.match(stdout, /\nok good\.yaml: A ping \(2 expectations, \d+ ms\)\n/)
    assert.match(stdout, /\nNO wrong\.yaml \(0 expectations, 0 ms\)\n {4}wrong\.yaml:8:23: /)
    assert.match(stdout, /\n1 passed, 2 failed\n$/)
    assert.is(status, 2)
  })
  test('TAP', () => {
    const { stdout, status } = desk.run(split('test failing.yaml good.yaml --reporter tap'))
    assert.match(
      stdout,
      /^TAP version 14\nnot ok 1 - failing\.yaml: Too many pings\n {2}---\n {2}message: \|\n {4}failing/,
    )
    assert.match(stdout, /\n {2}\.\.\.\nok 2 - good\.yaml: A ping\n1\.\.2\n$/)
    assert.is(status, 1)
  })
  test('JUnit', () => {
    const { stdout } = desk.run(split('test failing.yaml good.yaml --reporter junit'))
    assert.match(
      stdout,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites tests="2" failures="1" /,
    )
    assert.match(
      stdout,
      /<failure message="failing\.yaml:9:5: count 2 of icmp\.type == 8 at client\.eth0">/,
    )
    assert.match(stdout, /<testcase classname="good\.yaml" [^>]*\/>/)
  })
  test('JSON', () => {
    const { stdout } = desk.run(split('test failing.yaml good.yaml --reporter json'))
    const found = JSON.parse(stdout) as {
      version: number
      passed: number
      sheets: { ok: boolean }[]
    }
    assert.equal(
      [found.version, found.passed, found.sheets.map(({ ok }) => ok)],
      [1, 1, [false, true]],
    )
  })
  test('GitHub', () => {
    const { stdout } = desk.run(split('test failing.yaml --reporter github'))
    assert.match(
      stdout,
      /^::error file=failing\.yaml,line=9,col=5,title=failing\.yaml%3A Too many pings::failing[^\n]*%0A/,
    )
  })
  test('--bail stops at the first failure', () => {
    const { stdout, status } = desk.run(split('test failing.yaml good.yaml --bail --reporter tap'))
    assert.match(stdout, /\n1\.\.1\nBail out!\n$/)
    assert.is(status, 1)
  })
  test('FILE:LINE asks one expectation', () => {
    assert.is(desk.run(split('test failing.yaml:7')).status, 0)
    assert.is(desk.run(split('test failing.yaml:9')).status, 1)
  })
  test('--seeds runs each sheet with each seed', () => {
    const { stdout } = desk.run(split('test good.yaml --seeds 3..5 --ascii'))
    assert.match(stdout, /^(ok good\.yaml: A ping \(seed [345]\) .*\n){3}3 passed, 0 failed\n$/)
  })
  test('--shard leaves each sheet to exactly one part', () => {
    const parts = [1, 2].map((part) => {
      const { stdout } = desk.run(
        split(`test good.yaml failing.yaml --reporter tap --shard ${part}/2`),
      )
      return /ok 1 - (\S+):/.exec(stdout)?.[1]
    })
    assert.equal(parts, ['failing.yaml', 'good.yaml'])
  })
  test('--grep, --certify', () => {
    const { stdout, status } = desk.run(
      split('test good.yaml failing.yaml --certify --grep ping --ascii'),
    )
    assert.match(stdout, /1 passed, 1 failed\n$/)
    assert.is(status, 1)
  })
})

suite('other commands', (test) => {
  test('--help and --version', () => {
    assert.match(desk.run(['--help']).stdout, /Exit codes: 0 all held;/)
    assert.match(desk.run(['--version']).stdout, /^\d+\.\d+\.\d+\n$/)
    assert.is(desk.run(['run', '--help']).status, 0)
  })
  for (const what of split(
    'schedulers forwarders checks programs verbs expectations drops invariants topologies fields',
  )) {
    test(`list ${what}: a sentence each`, () => {
      const { stdout, status } = desk.run(['list', what, '--json'])
      const items = (JSON.parse(stdout) as Record<string, { name: string; sentence: string }[]>)[
        what
      ]!
      assert.ok(items.length > 0)
      for (const { name, sentence } of items) assert.ok(sentence.length > 10, name)
      assert.is(status, 0)
    })
  }
  test('schema is a JSON Schema that describes a sheet', () => {
    const found = JSON.parse(desk.run(['schema']).stdout) as { properties: Record<string, unknown> }
    for (const key of split('title aim topology services steps expect')) {
      assert.ok(key in found.properties, key)
    }
  })
  test('doctor says what is there, and 0 or 4', () => {
    const { stdout, status } = desk.run(['doctor', '--json'])
    const found = JSON.parse(stdout) as {
      ready: boolean
      findings: { ok: boolean; cure?: string }[]
    }
    assert.is(status, found.ready ? 0 : 4)
    for (const { ok, cure } of found.findings) assert.is(ok, cure === undefined)
  })
  test('the desk is cleared', () => desk.clear())
})
