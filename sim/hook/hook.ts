import type { AddressBook } from '../wire/address-book.ts'
import type { Frame } from '../wire/frame.ts'
import type { Clock, Trace } from '../trace/index.ts'

/**
 * Netfilter's five hooks, as a packet meets them:
 *
 *   in --> PREROUTING --> routing --> FORWARD --------> POSTROUTING --> out
 *                            |                              ^
 *                            v                              |
 *                          INPUT --> programs --> OUTPUT ---+
 *
 * What hangs on a hook knows frames, a clock and a verdict, not the machine that calls it.
 */
export const PREROUTING = 0
export const INPUT = 1
export const FORWARD = 2
export const OUTPUT = 3
export const POSTROUTING = 4
export const HOOKS = 5

/** The packet goes on. */
export const ACCEPT = 0
/** The packet ends here; `packet.reason` names the drop reason (a number of trace DROPS). */
export const DROP = 1
/** The hook has taken the frame (and answers for its end). */
export const STOLEN = 2
/**
 * Only at INPUT: the destination was changed; the machine routes and forwards it (IPVS does so).
 */
export const REROUTE = 3
/**
 * The packet ends here and its sender is told by an ICMP error `packet.icmp` (type x 256 + code).
 */
export const REJECT = 4
/**
 * Only at INPUT: the frame leaves as it is for the MAC of `packet.nextHop`, as through a bridge.
 */
export const RELAY = 5
export type Verdict = 0 | 1 | 2 | 3 | 4 | 5

/** The packet at a hook. One such object per machine is used again for every packet. */
export interface Packet {
  frame: Frame
  /** Which hook is being passed. */
  hook: number
  /** 4 or 6. */
  family: number
  /** Address numbers (wire/address-book.ts) of source and destination as they are now. */
  src: number
  dst: number
  /** Offset of the IP header. */
  network: number
  /** Offset of the transport header. */
  transport: number
  /** Where the IP packet ends. */
  end: number
  /** IP protocol number. */
  protocol: number
  /** Interface place it came in by, -1 for a packet of this machine's own. */
  inPlace: number
  /** Interface place it will leave by, -1 while that is not known. */
  outPlace: number
  /** Drop reason, set with DROP. */
  reason: number
  /** ICMP type x 256 + code, set with REJECT. */
  icmp: number
  /** Set by connection tracking: flow row x 2 + direction, -1 for none. */
  flow: number
  /**
   * With REROUTE and RELAY: the address whose route and neighbour the packet takes although its
   * destination is another (direct routing); 0 to go by the destination.
   */
  nextHop: number
  /** Set once a balancer has handled the packet: later hooks of it leave it alone. */
  balanced: boolean
}

/** What a hook function may use of its machine. */
export interface HookContext {
  readonly clock: Clock
  readonly trace: Trace
  readonly addresses: AddressBook
  /** Place number of the machine, for events. */
  readonly place: number
}

export type HookFunction = (packet: Packet) => Verdict

interface Entry {
  readonly priority: number
  readonly run: HookFunction
}

/** The functions hanging on each hook, by rising priority (netfilter's numbers). */
export class HookTable {
  private readonly entries: Entry[][] = Array.from({ length: HOOKS }, () => [])
  /** Whether anything hangs there: lets the machine pass empty hooks for free. */
  readonly used: boolean[] = [false, false, false, false, false]

  add(hook: number, priority: number, run: HookFunction): void {
    const list = this.entries[hook]!
    let i = list.length
    while (i > 0 && list[i - 1]!.priority > priority) i--
    list.splice(i, 0, { priority, run })
    this.used[hook] = true
  }

  /** Runs a hook; the first verdict other than ACCEPT ends it. */
  run(hook: number, packet: Packet): Verdict {
    const list = this.entries[hook]!
    packet.hook = hook
    for (let i = 0; i < list.length; i++) {
      const verdict = list[i]!.run(packet)
      if (verdict !== ACCEPT) return verdict
    }
    return ACCEPT
  }
}

/** Netfilter's priorities (include/uapi/linux/netfilter_ipv4.h). */
export const PRIORITY_CONNTRACK = -200
export const PRIORITY_NAT_DST = -100
export const PRIORITY_FILTER = 0
export const PRIORITY_NAT_SRC = 100
