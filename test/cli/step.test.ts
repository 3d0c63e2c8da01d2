import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, cases, skip, suite } from '../lib/harness.ts'
import { type Wish, wishesOf } from '../../sim/cli/step/keys.ts'
import { beginning, follow } from '../../sim/cli/step/position.ts'
import { bundleProgram, Desk, FAILING, GOOD, PROGRAM } from './vipwire.ts'

cases(
  'keys',
  [
    { name: 'Enter', sent: '\r', wishes: ['next'] },
    { name: 'blank', sent: ' ', wishes: ['next'] },
    { name: 'b', sent: 'b', wishes: ['back'] },
    { name: 'the way a terminal sends arrows', sent: '\x1b[C\x1b[D', wishes: ['next', 'back'] },
    { name: 'the other way', sent: '\x1bOB\x1bOA', wishes: ['next', 'back'] },
    {
      name: 'Home and End',
      sent: '\x1b[H\x1b[F\x1b[1~\x1b[4~',
      wishes: ['first', 'last', 'first', 'last'],
    },
    { name: 'page keys', sent: '\x1b[6~\x1b[5~', wishes: ['next', 'back'] },
    { name: 'q, Ctrl-C and Ctrl-D', sent: 'q\x03\x04', wishes: ['quit', 'quit', 'quit'] },
    { name: 'Esc alone', sent: '\x1b', wishes: ['quit'] },
    { name: 'a function key is none', sent: '\x1b[15~\x1bOP', wishes: [] },
    { name: 'letters without a meaning', sent: 'xyz\r', wishes: ['next'] },
    { name: 'nothing', sent: '', wishes: [] },
  ],
  ({ sent, wishes }) => assert.equal(wishesOf(sent), wishes),
)

suite('the position in a run', (test) => {
  const after = (of: number, ...wishes: Wish[]) => wishes.reduce(follow, beginning(of))
  test('goes forth and back by one', () => {
    assert.is(after(5, 'next', 'next', 'next', 'back').at, 2)
  })
  test('stays at both ends', () => {
    assert.is(after(2, 'next', 'next', 'next', 'next').at, 2)
    assert.is(after(2, 'next', 'back', 'back', 'back').at, 0)
    assert.is(after(0, 'next', 'last', 'first').at, 0)
  })
  test('jumps to the first and the last frame', () => {
    assert.is(after(9, 'last').at, 9)
    assert.is(after(9, 'last', 'first').at, 1)
  })
  test('is left by one wish and no other', () => {
    assert.is(after(9, 'next', 'last', 'back').left, false)
    assert.is(after(9, 'next', 'quit').left, true)
  })
})

const desk = new Desk({ 'good.yaml': GOOD, 'failing.yaml': FAILING })

suite('vipwire run --step without a terminal', (test) => {
  test('the command line can be bundled', bundleProgram)
  test('is refused with one sentence', () => {
    const { status, stdout, stderr } = desk.run(['run', 'good.yaml', '--step'])
    assert.is(stderr, '--step needs a terminal: it waits for a key after each frame\n')
    assert.equal([status, stdout], [2, ''])
  })
  test('does not go with --json', () => {
    const { status, stderr } = desk.run(['run', 'good.yaml', '--step', '--json'])
    assert.match(stderr, /^vipwire: option '--step' cannot be used with option '--json'/)
    assert.is(status, 2)
  })
})

/** util-linux's `script` gives a program a terminal. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
)

/** What stood on the terminal, and how the program and the terminal were left. */
interface Played {
  readonly screens: readonly string[]
  readonly text: string
  readonly code: number
  readonly settings: string
}

/**
 * Runs `vipwire` on a terminal of 80 by 24. Whenever another screen has come, the next key is sent,
 * or the next signal to the program.
 */
async function onTerminal(
  args: string,
  keys: readonly (string | NodeJS.Signals)[],
): Promise<Played> {
  const program = `sh -c 'echo $$ > pid; exec ${process.execPath} ${PROGRAM} ${args}'`
  const shell = `stty rows 24 cols 80; ${program}; echo "code $?"; stty -a`
  const child = spawn('script', ['-qec', shell, '/dev/null'], {
    cwd: desk.folder,
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      NO_COLOR: '1',
      SHELL: '/bin/sh',
    },
  })
  let text = ''
  let sent = 0
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
    for (; sent < keys.length && text.split('\x1b[J').length > sent + 1; sent++) {
      const key = keys[sent]!
      if (!key.startsWith('SIG')) child.stdin.write(key)
      else
        process.kill(Number(readFileSync(join(desk.folder, 'pid'), 'utf8')), key as NodeJS.Signals)
    }
  })
  const patience = setTimeout(() => child.kill('SIGKILL'), 50_000)
  await new Promise((resolve) => child.on('exit', resolve))
  clearTimeout(patience)
  const [, code = '-1', settings = ''] = /code (\d+)\r?\n([\s\S]*)$/.exec(text) ?? []
  const screens = text.split('\x1b[H').slice(1)
  return { screens, text, code: Number(code), settings }
}

function wellLeft({ text, settings }: Played): void {
  const entered = text.indexOf('\x1b[?1049h\x1b[?25l')
  const left = text.lastIndexOf('\x1b[?25h\x1b[?1049l')
  assert.ok(entered >= 0 && left > entered, 'the first screen was not given back')
  assert.is(text.split('\x1b[?1049l').length, 2, 'once is enough')
  // Lines, echo and signals by keys are as a shell wants them.
  for (const each of ['icanon', 'echo', 'isig']) assert.match(settings, new RegExp(`\\s${each}\\b`))
}

if (!hasScript) skip('vipwire run --step on a terminal', "util-linux's script is not installed")
else {
  suite('vipwire run --step on a terminal', (test) => {
    test('shows a frame for each key, then the verdict, and leaves the terminal as it was', async () => {
      const played = await onTerminal('run good.yaml --step', ['\r', ' ', 'b', '\x1b[F', 'q'])
      const at = played.screens.map((screen) => /(\d+) of 4\b/.exec(screen)?.[1])
      assert.equal(at, ['0', '1', '2', '1', '4'])
      assert.match(played.screens[1]!, /arp who-has 172\.16\.20\.1 tell /)
      assert.match(played.text, /all 2 expectations held/)
      assert.is(played.code, 0)
      wellLeft(played)
    })
    test('Ctrl-C leaves too; the exit code is that of the verdict', async () => {
      const played = await onTerminal('run failing.yaml --step', ['\x03'])
      assert.is(played.code, 1)
      wellLeft(played)
    })
    test('a signal ends it, and the terminal is as it was', async () => {
      for (const [signal, code] of [
        ['SIGTERM', 143],
        ['SIGINT', 130],
        ['SIGHUP', 129],
      ] as const) {
        const played = await onTerminal('run good.yaml --step', ['\r', signal])
        assert.is(played.code, code)
        wellLeft(played)
      }
    })
    test('the desk is cleared', () => desk.clear())
  })
}
