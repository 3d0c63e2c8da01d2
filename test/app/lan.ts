import { runSheet, type Verdict } from '../../sim/lab/index.ts'

/** A sheet on the drawing `lan` (client 172.16.20.100, server 172.16.20.1), run and judged. */
export function onLan(parts: {
  readonly programs?: string
  readonly steps: string
  readonly expect?: string
  readonly topology?: string
  readonly until?: string
}): Verdict {
  const { programs, steps, topology = 'lan', until } = parts
  const expect = parts.expect ?? '- { count: { min: 0 }, where: client.eth0 }'
  const lines = ['title: a test', 'aim: to see', `topology: ${topology}`]
  if (programs !== undefined) lines.push('programs:', indented(programs))
  lines.push('steps:', indented(steps))
  if (until !== undefined) lines.push(`until: ${until}`)
  lines.push('expect:', indented(expect))
  return runSheet(lines.join('\n'))
}

function indented(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const least = Math.min(...lines.map((line) => line.length - line.trimStart().length))
  return lines.map((line) => `  ${line.slice(least)}`).join('\n')
}

/** What each repetition came to: `visit ok 200 1024`. */
export function responses(verdict: Verdict): string[] {
  return verdict.responses.map(({ step, outcome, status, bytes }) =>
    [step, outcome, status, bytes].filter((part) => part !== undefined).join(' '),
  )
}
