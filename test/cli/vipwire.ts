import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../build/bundle.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDER = 'dist/test-cli'

/** The program as users start it. */
export const PROGRAM: string = join(ROOT, FOLDER, 'main.js')

/** Bundles the command line of these sources. */
export function bundleProgram(): Promise<void> {
  return bundle('sim/cli/main.ts', FOLDER, 'main')
}

/** A sheet whose two expectations hold, on lines 7 and 8. */
export const GOOD = `title: A ping
aim: Two machines on one cable.
topology: lan
steps:
  - { at: 0s, from: client, ping: 172.16.20.1, name: echo }
expect:
  - { count: 1, where: client.eth0, filter: icmp.type == 8 }
  - { response: echo, outcome: ok, why: a cable lies between them }
`

/** The same with a third one, on line 9, that does not hold. */
export const FAILING = `${GOOD.replace('A ping', 'Too many pings')}  - { count: 2, where: client.eth0, filter: icmp.type == 8, why: "somebody can't count" }
`

/** A word is misspelt on line 8. */
export const WRONG: string = GOOD.replace('outcome', 'outcom')

/** One visit through a balancer that rewrites destinations. */
export const BALANCED = `title: A visit
aim: The balancer rewrites the destination.
topology: inline
services:
  web: { balancer: lb, vip: 199.237.202.124:80/tcp, forward: dnat, servers: [rs1:80] }
steps:
  - { at: 0s, from: client, get: http://199.237.202.124/, name: visit }
expect:
  - { response: visit, status: 200 }
`

/** A folder with sheets, in which commands run; it is removed afterwards. */
export class Desk {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'vipwire-cli-'))

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) this.put(name, text)
  }

  put(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): SpawnSyncReturns<string> {
    const clean = { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...env }
    const options = { cwd: this.folder, encoding: 'utf8', env: clean, timeout: 60_000 } as const
    return spawnSync(process.execPath, [PROGRAM, ...args], options)
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
