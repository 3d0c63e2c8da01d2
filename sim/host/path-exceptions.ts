/** What ICMP has said about the way to one destination. */
export interface PathException {
  /** Next hop that a redirect named, 0 for the route's own. */
  gateway: number
  /** Path MTU, 0 when none was learned. */
  mtu: number
  /** The path is said to carry less than we believe: packets of ours may be cut on the way. */
  mtuLocked: boolean
  untilNs: number
}

/**
 * Exceptions from the routing table, by destination: what redirects and "fragmentation needed"
 * taught this machine, each for a time (Linux fib_nh_exception; RFC 1191 §6.3). Both kinds share
 * one row and one end, as in the kernel.
 */
export class PathExceptions {
  private readonly rows = new Map<number, PathException>()
  /** Whether there has ever been one: until then nobody need look. */
  everLearned = false

  /** The exception in force at `nowNs`; one whose time is over is forgotten. */
  find(destination: number, nowNs: number): PathException | undefined {
    if (this.rows.size === 0) return undefined
    const row = this.rows.get(destination)
    if (row === undefined || nowNs < row.untilNs) return row
    this.rows.delete(destination)
    return undefined
  }

  learnMtu(
    destination: number,
    mtu: number,
    locked: boolean,
    nowNs: number,
    untilNs: number,
  ): void {
    const row = this.row(destination, nowNs)
    row.mtu = mtu
    row.mtuLocked = locked
    row.untilNs = untilNs
  }

  learnGateway(destination: number, gateway: number, nowNs: number, untilNs: number): void {
    const row = this.row(destination, nowNs)
    row.gateway = gateway
    row.untilNs = untilNs
  }

  /** Forgets all; true when there was something. */
  clear(): boolean {
    const had = this.rows.size > 0
    this.rows.clear()
    return had
  }

  /** All that is in force, in the order of learning. */
  *entries(nowNs: number): Generator<readonly [destination: number, row: PathException]> {
    for (const [destination, row] of this.rows) {
      if (nowNs < row.untilNs) yield [destination, row]
    }
  }

  private row(destination: number, nowNs: number): PathException {
    let row = this.find(destination, nowNs)
    if (row === undefined) {
      this.everLearned = true
      row = { gateway: 0, mtu: 0, mtuLocked: false, untilNs: 0 }
      this.rows.set(destination, row)
    }
    return row
  }
}
