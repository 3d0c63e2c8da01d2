import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { assert, suite } from '../lib/harness.ts'
import { bundleProgram, Desk, GOOD, WRONG } from './vipwire.ts'

/** Each mistake gets one sentence on stderr and exit code 2 or 4; nothing on stdout, no stack. */
const MISTAKES: readonly { args: string; code: number; says: string }[] = [
  { args: 'rum good.yaml', code: 2, says: "vipwire: unknown command 'rum'\n(Did you mean run?)\n" },
  { args: 'run', code: 2, says: "vipwire: missing required argument 'sheet'\n" },
  {
    args: 'run good.yaml --sed 3',
    code: 2,
    says: "vipwire: unknown option '--sed'\n(Did you mean --seed?)\n",
  },
  {
    args: 'run good.yaml --seed -1',
    code: 2,
    says: "vipwire: option '--seed <n>' argument '-1' is invalid. A whole number from 0 is needed.\n",
  },
  {
    args: 'run good.yaml --width 3',
    code: 2,
    says: "vipwire: option '--width <columns>' argument '3' is invalid. A whole number from 20 is needed.\n",
  },
  {
    args: 'run missing.yaml',
    code: 2,
    says: 'missing.yaml cannot be read: there is no such file or folder\n',
  },
  {
    args: 'run empty',
    code: 2,
    says: "empty is a folder; 'vipwire test empty' runs all sheets in it\n",
  },
  {
    args: 'run wrong.yaml',
    code: 2,
    says: "wrong.yaml:8:23: unknown key 'outcom'; did you mean 'outcome'?\n",
  },
  { args: 'run /dev/zero', code: 2, says: '/dev/zero cannot be read: it is no file\n' },
  {
    args: 'run good.yaml -o good.yaml',
    code: 2,
    says: 'good.yaml/good.pcapng cannot be written: a part of the path is no folder\n',
  },
  {
    args: 'run good.yaml -o /dev/null/out',
    code: 2,
    says: '/dev/null/out cannot be written: a part of the path is no folder\n',
  },
  {
    args: 'run good.yaml -o /proc/out',
    code: 2,
    says: '/proc/out cannot be written: there is no such file or folder\n',
  },
  {
    args: 'run good.yaml --svg missing/picture.svg',
    code: 2,
    says: 'missing/picture.svg cannot be written: there is no such file or folder\n',
  },
  {
    args: 'test missing',
    code: 2,
    says: 'missing cannot be read: there is no such file or folder\n',
  },
  { args: 'test empty', code: 4, says: 'there is no sheet (*.yaml) in empty\n' },
  { args: 'test good.yaml --grep nothing', code: 4, says: 'no sheet was selected\n' },
  { args: 'test good.yaml --shard 2/2', code: 4, says: 'no sheet was selected\n' },
  { args: 'test good.yaml:2', code: 4, says: 'good.yaml:2: no expectation stands there\n' },
  {
    args: 'test good.yaml --shard 3/2',
    code: 2,
    says: "vipwire: option '--shard <i/n>' argument '3/2' is invalid. A part of a whole is needed, such as 1/4.\n",
  },
  {
    args: 'test good.yaml --seeds 9..1',
    code: 2,
    says: "vipwire: option '--seeds <range>' argument '9..1' is invalid. Two numbers are needed, such as 1..20.\n",
  },
  {
    args: 'test good.yaml --reporter xml',
    code: 2,
    says: "vipwire: option '--reporter <name>' argument 'xml' is invalid. Allowed choices are default, tap, junit, json, github.\n",
  },
  {
    args: 'parity good.yaml',
    code: 2,
    says: "good.yaml has no 'parity': say --against FOLDER\n",
  },
  {
    args: 'parity good.yaml --against missing',
    code: 2,
    says: 'missing cannot be read: there is no such file or folder\n',
  },
  { args: 'parity good.yaml --against good.yaml', code: 2, says: 'good.yaml is no folder\n' },
  {
    args: 'parity good.yaml --against empty',
    code: 2,
    says: 'empty has no capture to compare with\n',
  },
  {
    args: 'parity good.yaml --against captures',
    code: 2,
    says: "captures/nobody-eth9.pcap fits no interface (client-eth0, server-eth0); name it in 'names' or 'without'\n",
  },
  {
    args: 'parity good.yaml --against damaged',
    code: 2,
    says: 'damaged/client-eth0.pcap: the file has 5 octets, a pcap header alone has 24\n',
  },
  {
    args: 'list schedulars',
    code: 2,
    says: "there is no list 'schedulars'; known: schedulers, forwarders, programs, verbs, drops, invariants, topologies; did you mean 'schedulers'?\n",
  },
]

suite('mistakes of users', (test) => {
  const desk = new Desk({ 'good.yaml': GOOD, 'wrong.yaml': WRONG })
  for (const name of ['empty', 'captures', 'damaged']) mkdirSync(join(desk.folder, name))
  desk.put('captures/nobody-eth9.pcap', '')
  desk.put('damaged/client-eth0.pcap', 'short')
  test('the command line can be bundled', bundleProgram)
  for (const { args, code, says } of MISTAKES) {
    test(`vipwire ${args}`, () => {
      const { status, stdout, stderr } = desk.run(args.split(' '))
      assert.is(stderr, says)
      assert.is(status, code)
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
