import type { Trace } from '../trace/index.ts'
import { addressText, type JudgedAddress } from './addresses.ts'
import { ArpSilence, type VipOwner } from './arp-silence.ts'
import { ChecksumInvariant } from './checksum-invariant.ts'
import type { Invariant, InvariantVerdict } from './invariant.ts'
import { Leak } from './leak.ts'
import { Patrol } from './patrol.ts'
import { PortClash } from './port-clash.ts'
import { Reordered } from './reordered.ts'
import { Unaccounted } from './unaccounted.ts'

export interface JudgeConfig {
  /** Numbers of the interfaces of those who ask VIPs. */
  readonly clientPlaces: readonly number[]
  /** Addresses of real servers: of services and the targets of `dnat`. */
  readonly servers: readonly JudgedAddress[]
  readonly vips: readonly JudgedAddress[]
  /** Interfaces that may answer for each VIP; without it `arp-silence` is not watched. */
  readonly vipOwners?: readonly VipOwner[]
  /** Frames that are on cables or held by machines now; without it `unaccounted` is not watched. */
  readonly alive?: () => number
  /** True when a machine changes sources; `port-clash` is not watched otherwise. */
  readonly translatesSources?: boolean
  /** True when a cable reorders on purpose: `reordered` is not watched then. */
  readonly reorders?: boolean
}

/** The invariants of a run. */
export interface Judge {
  readonly invariants: readonly Invariant[]
  /** Subscribes all of them; call before the run. */
  listen(trace: Trace): void
  /** In a fixed order, each once; complete when the run has ended. */
  verdicts(): InvariantVerdict[]
}

/** Sets up what always holds. */
export function createJudge(config: JudgeConfig): Judge {
  const vips = new Set(config.vips.map(addressText))
  const servers = config.servers.filter((address) => !vips.has(addressText(address)))
  const { vipOwners = [], clientPlaces, alive } = config
  const checksum = new ChecksumInvariant()
  const leak = new Leak(clientPlaces, servers)
  const unaccounted = alive === undefined ? undefined : new Unaccounted(alive)
  const arpSilence = config.vipOwners === undefined ? undefined : new ArpSilence(vipOwners)
  const reordered = config.reorders === true ? undefined : new Reordered()
  const portClash = config.translatesSources === true ? new PortClash() : undefined
  const invariants: readonly Invariant[] = [
    checksum,
    leak,
    unaccounted,
    portClash,
    arpSilence,
    reordered,
  ].filter((each) => each !== undefined)
  const patrol = new Patrol({
    checksum,
    // Where there are no servers, or nobody owns a virtual address, there is nothing to see.
    leak: servers.length > 0 ? leak : undefined,
    unaccounted,
    arpSilence: vipOwners.length > 0 ? arpSilence : undefined,
    reordered,
  })
  return {
    invariants,
    listen: (trace) => {
      for (const each of invariants) each.listen(trace)
      patrol.listen(trace)
    },
    verdicts: () => invariants.map((each) => each.verdict()),
  }
}
