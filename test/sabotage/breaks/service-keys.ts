import type { Break } from '../break.ts'

/** Servers that fail and return: groups, quorum, panic, slow start, passive checks, changes. */
export const SERVICE_KEYS: readonly Break[] = [
  {
    name: 'a group with too few servers is enough',
    file: 'sim/balancer/roster/groups.ts',
    find: 'const first = counts.findIndex((_, place) => upTo(place) >= minActive)',
    become: 'const first = counts.findIndex((_, place) => upTo(place) + 1 >= minActive)',
  },
  {
    name: 'the next group joins where it should replace',
    file: 'sim/balancer/roster/groups.ts',
    find: "const join = this.settings.whenBelow === 'join'",
    become: "const join = this.settings.whenBelow !== ('leave' as string)",
  },
  {
    name: 'the better group always takes its place back',
    file: 'sim/balancer/roster/groups.ts',
    find: 'return !preempt && counts[this.level]! >= least',
    become: 'return !preempt && counts[this.level]! < 0 && least > 0',
  },
  {
    name: 'the quorum has no hysteresis when it is lost',
    file: 'sim/balancer/roster/quorum.ts',
    find: 'sum >= weight - hysteresis',
    become: 'sum >= weight',
  },
  {
    name: 'the quorum has no hysteresis when it is back',
    file: 'sim/balancer/roster/quorum.ts',
    find: 'sum >= weight + hysteresis',
    become: 'sum >= weight',
  },
  {
    name: 'panic begins at the threshold of the others',
    file: 'sim/balancer/roster/roster.ts',
    find: 'this.panic = healthy < this.panicBelow * able',
    become: 'this.panic = healthy < (1 - this.panicBelow) * able',
  },
  {
    name: 'a server that has come back gets its whole weight at once',
    file: 'sim/balancer/running-service.ts',
    find: '    if (up) this.slowStart?.begin(server, clock.now)\n',
    become: '    void clock\n',
  },
  {
    name: 'a ramp stays at its first step',
    file: 'sim/balancer/roster/slow-start.ts',
    find: 'return Math.min(STEPS, Math.max(1, Math.floor(((nowNs - fromNs) * STEPS) / this.rampNs)))',
    become: 'return nowNs < 0 ? STEPS : 1',
  },
  {
    name: 'a server is taken out for the same time again and again',
    file: 'sim/balancer/roster/passive.ts',
    find: 'ejectNs * record.times',
    become: 'ejectNs',
  },
  {
    name: 'one failure less takes a server out',
    file: 'sim/balancer/roster/passive.ts',
    find: 'if (record.failures < failures) return 0',
    become: 'if (record.failures + 1 < failures) return 0',
  },
  {
    name: 'the client of a dead server gets a reset with the number of the wrong end',
    file: 'sim/balancer/outages.ts',
    find: 'this.machine.reset(virtual, virtualPort, to, toPort, server, -1)',
    become: 'this.machine.reset(virtual, virtualPort, to, toPort, client, -1)',
  },
  {
    name: 'connections of a dead server go on although they should lead nowhere',
    file: 'sim/balancer/running-service.ts',
    find: "return !present || (!up && this.config.whenDown === 'drop' && !this.roster.panic)",
    become: "return !present || (!up && this.config.whenDown !== 'drop' && this.roster.panic)",
  },
  {
    name: 'connections of a reconfigured service are forwarded by the new way',
    file: 'sim/balancer/connections.ts',
    find: '    return this.services.termsOf(this.flows.service[row]!)\n',
    become: '    return this.services.termsOf(this.flows.service[row]!).service.terms\n',
  },
  {
    name: 'a reconfigured service goes on choosing as before',
    file: 'sim/balancer/running-service.ts',
    find: '      before.schedule !== config.schedule ||\n',
    become: '      before.schedule === undefined ||\n',
  },
]
