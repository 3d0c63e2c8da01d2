import type { Stack } from './stack.ts'
import { CLOSED, SYN_RECEIVED, TCP_STATES } from './states.ts'

/** One line of a machine's table of sockets. */
export interface SocketLine {
  readonly state: string
  readonly local: number
  readonly localPort: number
  readonly remote: number
  readonly remotePort: number
}

/** All sockets of a machine: connections and listeners, handshakes, then TIME-WAIT. */
export function socketTable(t: Stack): SocketLine[] {
  const c = t.blocks
  const lines: SocketLine[] = []
  const add = (
    state: number,
    local: number,
    localPort: number,
    remote: number,
    remotePort: number,
  ): void => {
    lines.push({ state: TCP_STATES[state]!, local, localPort, remote, remotePort })
  }
  for (let s = 0; s < c.capacity; s++) {
    if (c.state[s] === CLOSED) continue
    const [from, to] = [c.localPort[s]!, c.remotePort[s]!]
    add(c.state[s]!, c.localAddress[s]!, from, c.remoteAddress[s]!, to)
  }
  t.requests!.each((local, remote, ports) => {
    add(SYN_RECEIVED, local, ports >>> 16, remote, ports & 0xffff)
  })
  t.timeWaits!.each((local, remote, ports, state) => {
    add(state, local, ports >>> 16, remote, ports & 0xffff)
  })
  return lines
}
