import type { CablePlan, NetworkMember, NetworkPlan, Plan } from '../../../topology/plan.ts'
import type { Chance } from '../../engine/chance.ts'
import type { Host } from '../../host/host.ts'
import type { Interface } from '../../host/interface.ts'
import { FAULT_KINDS, type FaultShares, NO_FAULTS, troubleStreams } from '../../link/faults.ts'
import { type Cabling, type LaneSettings, Port } from '../../link/port.ts'
import { Switch } from '../../link/switch.ts'

/** What the members of the networks are plugged into. */
export class Wires {
  private readonly plan: Plan
  private readonly hosts: readonly Host[]
  private readonly cabling: Cabling
  private readonly chance: Chance

  constructor(plan: Plan, hosts: readonly Host[], cabling: Cabling, chance: Chance) {
    this.plan = plan
    this.hosts = hosts
    this.cabling = cabling
    this.chance = chance
  }

  /** Plugs the members of a network into a cable or a switch, whose place is `place`. */
  plug(network: NetworkPlan, place: number): Switch | undefined {
    if (network.wire === 'cable') {
      this.plugCable(network)
      return undefined
    }
    const { cabling } = this
    const center = new Switch(cabling, place, network.wire === 'switch')
    for (const member of network.members) {
      const whole: CablePlan = { ...network, ...member.cable }
      // Half of the delay lies on each of the two cables that a frame passes, jitter on the first.
      const near = Math.floor(whole.delayNs / 2)
      const outer = this.open(network, member, { ...laneOf(whole), delayNs: near })
      const inward = { ...laneOf(whole), delayNs: whole.delayNs - near, jitterNs: 0 }
      const inner = new Port(cabling, place, false, center, inward, undefined)
      center.ports.push(inner)
      Port.join(outer, inner)
      // What the whole network does to a frame is done where the frame enters it.
      this.trouble(network, member, outer, 'out', sharesOf(whole))
      this.trouble(network, member, inner, 'in', sharesOf(member.cable))
    }
    return center
  }

  private plugCable(network: NetworkPlan): void {
    const [one, other] = network.members
    if (one === undefined || other === undefined) return
    const lane: CablePlan = { ...network, ...one.cable, ...other.cable }
    const ends = [one, other].map((member) => {
      const port = this.open(network, member, laneOf(lane))
      this.trouble(network, member, port, 'out', sharesOf(lane))
      return port
    })
    Port.join(ends[0]!, ends[1]!)
  }

  private open(network: NetworkPlan, member: NetworkMember, lane: LaneSettings): Port {
    const iface = this.interfaceOf(member)
    const jitter = this.chance.stream(`${network.name} ${this.nodeName(member)} jitter`)
    const port = new Port(this.cabling, iface.place, true, iface, lane, jitter)
    iface.port = port
    return port
  }

  private trouble(
    network: NetworkPlan,
    member: NetworkMember,
    port: Port,
    way: 'out' | 'in',
    shares: FaultShares,
  ): void {
    if (FAULT_KINDS.every((kind) => shares[kind] === 0)) return
    const title = `link ${this.nodeName(member)}-${network.name}`
    port.impair({
      place: this.interfaceOf(member).place,
      delayNs: 0,
      jitterNs: 0,
      rateBps: Infinity,
      queueFrames: Infinity,
      mtu: Infinity,
      shares,
      streams: troubleStreams(this.chance, title, way),
      drop: undefined,
    })
  }

  private interfaceOf(member: NetworkMember): Interface {
    return this.hosts[member.node]!.interfaces[member.iface]!
  }

  private nodeName(member: NetworkMember): string {
    return this.plan.nodes[member.node]!.name
  }
}

function laneOf({ delayNs, jitterNs, rateBps, queueFrames, mtu }: CablePlan): LaneSettings {
  return { delayNs, jitterNs, rateBps, queueFrames, mtu }
}

/** The shares of chance among the settings of a cable; 0 where nothing is said. */
export function sharesOf(cable: Partial<CablePlan>): FaultShares {
  const { loss, duplicate, reorder, corrupt, corruptAfterFcs } = { ...NO_FAULTS, ...cable }
  return { loss, duplicate, reorder, corrupt, corruptAfterFcs }
}
