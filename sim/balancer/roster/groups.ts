import type { Server } from '../service.ts'

/** Priority groups of a service: who steps in when the best are too few. */
export interface GroupSettings {
  /** Servers that a group needs to be enough. */
  readonly minActive: number
  /** What the next group does when one is too small: takes its place, or joins it. */
  readonly whenBelow: 'replace' | 'join'
  /** Whether a group that is enough again takes back its place at once. */
  readonly preempt: boolean
}

/**
 * Chooses the groups in use. With `replace` it is one group, the first that is enough (A10 ACOS,
 * min-active-member with skip-pri-set); with `join` the first ones that are enough together (F5
 * BIG-IP, priority group activation). When no group is enough, the first that has anybody is used,
 * or all of them are.
 *
 * Without preemption a group that has come in stays in while it is enough (replace), or while it
 * has anybody (join). A server of weight 0 is no help and does not count.
 */
export class Groups {
  readonly settings: GroupSettings
  /** Ranks of the groups, the best first. */
  private readonly ranks: readonly number[]
  /** Place of the group in use; with `join` of the last one. */
  private level = 0

  constructor(settings: GroupSettings, servers: readonly Server[]) {
    this.settings = settings
    this.ranks = [...new Set(servers.map(({ rank }) => rank))].sort((a, b) => b - a)
  }

  /** Rank of the group in use; with `join` of the last one. */
  get rank(): number {
    return this.ranks[this.level] ?? 0
  }

  /** Of the servers that could be used, in scan order, those whose groups are in use. */
  among(usable: readonly Server[]): readonly Server[] {
    const counts = this.ranks.map((rank) => {
      return usable.filter((server) => server.rank === rank && server.ownWeight > 0).length
    })
    const join = this.settings.whenBelow === 'join'
    this.level = join ? this.joined(counts) : this.replaced(counts)
    const { rank } = this
    return usable.filter((server) => (join ? server.rank >= rank : server.rank === rank))
  }

  private replaced(counts: readonly number[]): number {
    const { minActive, preempt } = this.settings
    const least = counts.some((count) => count >= minActive) ? minActive : 1
    const first = counts.findIndex((count) => count >= least)
    if (first < 0) return this.level
    return !preempt && counts[this.level]! >= least ? Math.max(first, this.level) : first
  }

  private joined(counts: readonly number[]): number {
    const { minActive, preempt } = this.settings
    const upTo = (last: number): number => {
      return counts.slice(0, last + 1).reduce((sum, count) => sum + count, 0)
    }
    const first = counts.findIndex((_, place) => upTo(place) >= minActive)
    const needed = first < 0 ? counts.length - 1 : first
    if (preempt) return needed
    let last = this.level
    while (last > needed && counts[last] === 0) last--
    return Math.max(last, needed)
  }
}
