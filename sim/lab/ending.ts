import type { Network } from './build/machines.ts'
import type { Steps } from './steps.ts'

/** How long a run goes on after the last step and connection has ended. */
export const QUIET_NS = 1_000_000_000

/** States of a connection that will change by itself; one that is open keeps nothing alive. */
const MOVING: ReadonlySet<string> = new Set([
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSING',
  'LAST-ACK',
])

/**
 * Decides when a run ends: when its sheet says so, or a second after the last step and connection
 * has ended and the last table has been read. Looked at once a second, so it may be up to two.
 */
export class Ending {
  private readonly network: Network
  private readonly steps: Steps
  private readonly untilNs: number | undefined
  private readonly notBeforeNs: number
  /** When a connection was last seen on its way to being open or closed, or has just been so. */
  private lastBusyNs = 0
  private wasBusy = false
  /** Connections that were there at the first look; later ones are those of checks. */
  private known: ReadonlySet<string> | undefined

  /** `untilNs`: what the sheet says. `notBeforeNs`: when the last table is read. */
  constructor(network: Network, steps: Steps, untilNs: number | undefined, notBeforeNs: number) {
    this.network = network
    this.steps = steps
    this.untilNs = untilNs
    this.notBeforeNs = notBeforeNs
  }

  /** The instant, once it is known; later looks may move it on. */
  get atNs(): number | undefined {
    if (this.untilNs !== undefined) return this.untilNs
    if (!this.steps.allEnded) return undefined
    const quiet = Math.max(this.steps.lastEndNs, this.lastBusyNs) + QUIET_NS
    return Math.max(quiet, this.notBeforeNs)
  }

  /** Looks whether connections are still being opened or closed. */
  look(): void {
    if (!this.steps.allEnded || this.untilNs !== undefined) return
    const moving = this.moving()
    this.known ??= new Set(moving)
    const { known } = this
    const busy = moving.some((connection) => known.has(connection))
    // One that has ended since the last look may have ended just now.
    if (busy || this.wasBusy) this.lastBusyNs = this.network.world.agenda.now
    this.wasBusy = busy
  }
  /** Connections that are being opened or closed, each by its machine and its four numbers. */
  private moving(): string[] {
    return this.network.hosts.flatMap(({ name, tcp, down }) => {
      const lines = down ? [] : tcp.sockets().filter(({ state }) => MOVING.has(state))
      return lines.map(({ local, localPort, remote, remotePort }) =>
        [name, local, localPort, remote, remotePort].join(' '),
      )
    })
  }
}
