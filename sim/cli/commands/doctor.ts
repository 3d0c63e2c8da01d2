import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { NOTHING, OK } from '../exit.ts'
import { print } from '../terminal.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly found: string
  readonly cure: string | undefined
}

/** `vipwire doctor`: could real packets be sent and received here, and what is missing? */
export async function doctor(options: { readonly json?: boolean | undefined }): Promise<number> {
  const findings = [
    node(),
    system(),
    rawSocket(),
    privileges(),
    tool('ip', 'iproute2'),
    tool('nft', 'nftables'),
    tool('ethtool', 'ethtool'),
  ]
  const ready = findings.every((finding) => finding.ok)
  if (options.json === true) print(JSON.stringify({ version: 1, ready, findings }, null, 2))
  else {
    for (const { what, ok, found, cure } of findings) {
      print(`${ok ? 'ok     ' : 'missing'}  ${what.padEnd(12)} ${found}`)
      if (cure !== undefined) print(`${' '.repeat(22)}${cure}`)
    }
    print(
      ready
        ? 'real packets could be used on this machine (the mode itself is not in this version yet)'
        : 'real packets could not be used on this machine; simulating needs none of this',
    )
  }
  return ready ? OK : NOTHING
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > 20 || (major === 20 && minor >= 19)
  const cure = ok ? undefined : 'install Node.js 20.19 or later'
  return { what: 'Node.js', ok, found: process.versions.node, cure }
}

function system(): Finding {
  const ok = process.platform === 'linux'
  const cure = ok ? undefined : 'raw packets are used through Linux only'
  return { what: 'system', ok, found: process.platform, cure }
}

/** The package is optional: it may be absent, or installed and not compiled. */
function rawSocket(): Finding {
  const what = 'raw-socket'
  const require = createRequire(import.meta.url)
  try {
    require.resolve('raw-socket')
  } catch {
    const cure = 'install python3, make and g++, then: npm install raw-socket'
    return { what, ok: false, found: 'not installed', cure }
  }
  try {
    require('raw-socket')
    return { what, ok: true, found: 'installed and compiled', cure: undefined }
  } catch (error) {
    const built = (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND'
    const found = built
      ? `does not load: ${(error as Error).message.split('\n')[0]}`
      : 'not compiled'
    const cure = 'install python3, make and g++, then: npm rebuild raw-socket'
    return { what, ok: false, found, cure }
  }
}

const CAP_NET_RAW = 13

function privileges(): Finding {
  const what = 'privileges'
  if (process.getuid?.() === 0) return { what, ok: true, found: 'root', cure: undefined }
  const status = readOr('/proc/self/status')
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'
  if ((BigInt(`0x${effective}`) >> BigInt(CAP_NET_RAW)) % 2n === 1n) {
    return { what, ok: true, found: 'CAP_NET_RAW', cure: undefined }
  }
  const limit = Number(readOr('/proc/sys/user/max_user_namespaces'))
  if (limit > 0) {
    return { what, ok: true, found: 'user namespaces (unshare -Urn)', cure: undefined }
  }
  const cure = 'run as root, or give node CAP_NET_RAW: setcap cap_net_raw+ep'
  return { what, ok: false, found: 'none', cure }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function tool(name: string, debian: string): Finding {
  const found = spawnSync(name, [name === 'ip' ? '-V' : '--version'], { encoding: 'utf8' })
  const ok = found.error === undefined
  const text = (found.stdout || found.stderr || '').split('\n')[0]!.trim()
  const cure = ok ? undefined : `install it: apt-get install ${debian}`
  return { what: name, ok, found: ok ? text : 'not found', cure }
}
