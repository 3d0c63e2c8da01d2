import { spawnSync } from 'node:child_process'

/** Whether tshark is here, and else why not. */
export const tsharkProblem: string | undefined = (() => {
  const found = spawnSync('tshark', ['--version'], { encoding: 'utf8' })
  return found.status === 0 ? undefined : 'tshark is not installed'
})()

/** Each frame by itself, all checksums verified: how our decoder looks at a capture too. */
const PREFERENCES = [
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
]

/** Lines of tshark's answer about a file. */
export function tshark(path: string, ...options: string[]): string[] {
  const preferences = PREFERENCES.flatMap((preference) => ['-o', preference])
  const args = ['-n', '-r', path, ...preferences, ...options]
  const run = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (run.status !== 0) throw new Error(`tshark ${options.join(' ')}: ${run.stderr}`)
  return run.stdout.split('\n').filter((line) => line !== '')
}
