import type { Stream } from '../engine/chance.ts'
import type { Sysctl } from './sysctl.ts'

const NS_PER_MS = 1_000_000
const NS_PER_S = 1_000_000_000

/** How patient a machine is with its neighbours: net.ipvN.neigh.default.* in use. */
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

/** Reads the settings; the time an entry stays REACHABLE is drawn anew each time. */
export function neighbourSettings(
  sysctl: Sysctl,
  chance: Stream,
  family: 4 | 6,
): NeighbourSettings {
  const setting = (key: string): number => sysctl.number(`net.ipv${family}.neigh.default.${key}`)
  const base = setting('base_reachable_time_ms') * NS_PER_MS
  return {
    // RFC 4861 §6.3.2: uniform between half and one and a half of the base.
    reachableNs: Math.floor(base / 2) + Math.floor(chance.fraction() * base),
    retransNs: setting('retrans_time_ms') * NS_PER_MS,
    delayNs: setting('delay_first_probe_time') * NS_PER_S,
    unicastProbes: setting('ucast_solicit'),
    broadcastProbes: setting('mcast_solicit'),
    locktimeNs: setting('locktime') * 10 * NS_PER_MS,
    queueOctets: setting('unres_qlen_bytes'),
  }
}
