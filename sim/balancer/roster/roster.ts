import {
  GROUP_JOINED,
  GROUP_USED,
  PANIC,
  PANIC_OVER,
  QUORUM_HELD,
  QUORUM_LOST,
} from '../../trace/index.ts'
import type { Server, ServiceConfig } from '../service.ts'
import { Groups } from './groups.ts'
import { Quorum } from './quorum.ts'

/** Told what has changed about a service as a whole: a number of SHIFTS, and its value. */
export type Shifted = (what: number, value: number) => void

/** Without groups of their own, servers that stand by wait until nobody else is up. */
const ONE_GROUP = { minActive: 1, whenBelow: 'replace', preempt: true } as const

/**
 * Who may be chosen among: of the servers that are configured those that are up; of these the
 * groups in use; all of them, when too few are up (panic); only the sorry server, without a quorum.
 */
export class Roster {
  private readonly groups: Groups | undefined
  private readonly quorum: Quorum | undefined
  private readonly sorry: Server | undefined
  private readonly panicBelow: number
  private readonly shifted: Shifted
  /** Health is ignored. */
  panic = false

  constructor(config: ServiceConfig, servers: readonly Server[], shifted: Shifted) {
    const { groups, quorum, sorry, panicBelow = 0 } = config
    this.sorry = sorry === undefined ? undefined : servers[sorry]
    const others = servers.filter((server) => server !== this.sorry)
    const ranked = groups !== undefined || others.some(({ rank }) => rank !== others[0]!.rank)
    this.groups = ranked ? new Groups(groups ?? ONE_GROUP, others) : undefined
    this.quorum = this.sorry && new Quorum(quorum ?? { weight: 1, hysteresis: 0 })
    this.panicBelow = panicBelow
    this.shifted = shifted
  }

  /** Whether the sorry server takes what is new. */
  get isSorry(): boolean {
    return this.quorum?.held === false
  }

  /** Those of `order` (all that are configured, in scan order) that may be chosen among now. */
  among(order: readonly Server[]): readonly Server[] {
    const up = order.filter((server) => server.up)
    if (this.lacksQuorum(up)) return [this.sorry!]
    if (this.panics(up, order)) return order
    const { groups } = this
    if (groups === undefined) return up
    const before = groups.rank
    const scan = groups.among(up)
    const { rank } = groups
    const what = groups.settings.whenBelow === 'join' ? GROUP_JOINED : GROUP_USED
    if (rank !== before) this.shifted(what, rank)
    return scan
  }

  private lacksQuorum(up: readonly Server[]): boolean {
    const { quorum } = this
    if (quorum === undefined) return false
    const before = quorum.held
    const sum = up.reduce((weight, { ownWeight }) => weight + ownWeight, 0)
    quorum.update(sum)
    if (quorum.held !== before) this.shifted(quorum.held ? QUORUM_HELD : QUORUM_LOST, sum)
    return !quorum.held
  }

  private panics(up: readonly Server[], order: readonly Server[]): boolean {
    const before = this.panic
    const able = order.filter(({ ownWeight }) => ownWeight > 0).length
    const healthy = up.filter(({ ownWeight }) => ownWeight > 0).length
    this.panic = healthy < this.panicBelow * able
    if (this.panic !== before) this.shifted(this.panic ? PANIC : PANIC_OVER, healthy)
    return this.panic
  }
}
