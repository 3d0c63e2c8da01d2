import { readFileSync } from 'node:fs'

/** Packets as they came to and left a balancer of real Linux, without their Ethernet headers. */
export interface Recording {
  readonly capture: string
  readonly packets: readonly { direction: 'request' | 'reply'; in: string; out: string }[]
}

export function recording(file: URL): Recording {
  return JSON.parse(readFileSync(file, 'utf8'))
}
