/** Part of the addresses and ports that a rule speaks of; what is left out is everything. */
export interface Match {
  readonly address?: number
  readonly prefixLen?: number
  readonly port?: number
  readonly lastPort?: number
  readonly protocol?: 'tcp' | 'udp'
}

export interface Target {
  readonly address: number
  /** First and last port; 0 keeps the port. */
  readonly port: number
  readonly lastPort: number
}

/** A rule of `nat`: what a sheet says, with addresses as IPv4 numbers. */
export interface NatRule {
  /** For people: the rule's name, or what it says. */
  readonly name: string
  /** Place of the interface the packet came in by; left out: any, and the machine's own too. */
  readonly inPlace?: number
  readonly from: Match
  readonly to: Match
  /** The destination becomes one of these, each new flow's the next in turn (numgen inc). */
  readonly dnat: readonly Target[]
}

const TCP = 6
const UDP = 17

/** The rules of one machine, with their turns. The first that fits a new flow decides for it. */
export class Rules {
  private readonly rules: readonly NatRule[]
  private readonly turns: number[]

  constructor(rules: readonly NatRule[]) {
    this.rules = rules
    this.turns = rules.map(() => 0)
  }

  /** Number of the first rule that fits, or -1. `ports`: source x 65536 + destination. */
  find(inPlace: number, src: number, dst: number, ports: number, protocol: number): number {
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i]!
      if (rule.inPlace !== undefined && rule.inPlace !== inPlace) continue
      if (!fits(rule.from, src, ports >>> 16, protocol)) continue
      if (fits(rule.to, dst, ports & 0xffff, protocol)) return i
    }
    return -1
  }

  /** The next target of a rule. */
  next(number: number): Target {
    const { dnat } = this.rules[number]!
    const turn = this.turns[number]!
    this.turns[number] = (turn + 1) % dnat.length
    return dnat[turn]!
  }

  /** Port that a flow to `port` of the rule's destination gets at a target. */
  portAt(number: number, target: Target, port: number): number {
    if (target.port === 0) return port
    // Ranges of one length keep the place in the range; any other range begins at its first port.
    const { to } = this.rules[number]!
    const first = to.port ?? 0
    const length = (to.lastPort ?? first) - first
    return length === target.lastPort - target.port ? target.port + port - first : target.port
  }
}

function fits(match: Match, address: number, port: number, protocol: number): boolean {
  if (match.address !== undefined && !within(address, match.address, match.prefixLen ?? 32)) {
    return false
  }
  if (match.protocol !== undefined && protocol !== (match.protocol === 'tcp' ? TCP : UDP)) {
    return false
  }
  if (match.port === undefined) return true
  // A port means TCP and UDP.
  if (protocol !== TCP && protocol !== UDP) return false
  return port >= match.port && port <= (match.lastPort ?? match.port)
}

function within(address: number, prefix: number, length: number): boolean {
  return length === 0 || (address ^ prefix) >>> (32 - length) === 0
}
