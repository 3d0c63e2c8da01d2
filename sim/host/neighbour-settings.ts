import type { Stream } from '../engine/chance.ts'
import { isIpv6 } from '../wire/address-book.ts'
import type { Interface } from './interface.ts'
import type { Sysctl } from './sysctl.ts'

const NS_PER_MS = 1_000_000
const NS_PER_S = 1_000_000_000

/** How patient a machine is with neighbours on one interface: net.ipvN.neigh.IFACE.* in use. */
export interface NeighbourSettings {
  readonly reachableNs: number
  readonly retransNs: number
  readonly delayNs: number
  readonly unicastProbes: number
  readonly broadcastProbes: number
  /** For how long after a change a second answer changes nothing. */
  readonly locktimeNs: number
  /** Room for packets that wait for one neighbour, overhead included. */
  readonly queueOctets: number
}

/**
 * The settings of all interfaces, for each family its own; `default` stands for what an interface
 * does not say itself.
 */
export class NeighbourSettingsTable {
  private readonly sysctl: Sysctl
  private readonly chance: readonly [ipv4: Stream, ipv6: Stream]
  /** By interface, IPv4 before IPv6; made when first asked for. */
  private readonly rows: (NeighbourSettings | undefined)[] = []
  private shares: readonly [ipv4: number, ipv6: number] = [0, 0]

  constructor(sysctl: Sysctl, chance: readonly [ipv4: Stream, ipv6: Stream]) {
    this.sysctl = sysctl
    this.chance = chance
    this.configure()
  }

  /** Reads the machine's settings again. */
  configure(): void {
    // How long an entry stays REACHABLE is drawn anew each time (RFC 4861 §6.3.2).
    this.shares = [this.chance[0].fraction(), this.chance[1].fraction()]
    this.rows.length = 0
  }

  /** The settings by which the entry of `address` on `iface` goes. */
  of(iface: Interface, address: number): NeighbourSettings {
    const isSix = isIpv6(address)
    const at = iface.index * 2 + (isSix ? 1 : 0)
    let row = this.rows[at]
    if (row === undefined) {
      row = isSix
        ? readSettings(this.sysctl, 'net.ipv6.neigh', iface.name, this.shares[1])
        : readSettings(this.sysctl, 'net.ipv4.neigh', iface.name, this.shares[0])
      this.rows[at] = row
    }
    return row
  }
}

function readSettings(
  sysctl: Sysctl,
  root: string,
  iface: string,
  share: number,
): NeighbourSettings {
  const setting = (key: string): number => {
    const own = `${root}.${iface}.${key}`
    return sysctl.number(sysctl.has(own) ? own : `${root}.default.${key}`)
  }
  const base = setting('base_reachable_time_ms') * NS_PER_MS
  return {
    // Uniform between half and one and a half of the base.
    reachableNs: Math.floor(base / 2) + Math.floor(share * base),
    retransNs: setting('retrans_time_ms') * NS_PER_MS,
    delayNs: setting('delay_first_probe_time') * NS_PER_S,
    unicastProbes: setting('ucast_solicit'),
    broadcastProbes: setting('mcast_solicit'),
    locktimeNs: setting('locktime') * 10 * NS_PER_MS,
    queueOctets: setting('unres_qlen_bytes'),
  }
}
