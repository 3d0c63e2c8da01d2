import { readFileSync } from 'node:fs'
import { DECIDED } from '../../../sim/trace/index.ts'
import { SYN, ACK } from '../../../sim/wire/tcp.ts'
import { assert, cases } from '../../lib/harness.ts'
import { ip, segment } from '../../nat/packets.ts'
import { Stand, server, service } from '../stand.ts'

/** A run of a real ip_vs: what was done, whom it chose, and what it counted afterwards. */
interface Run {
  readonly servers: readonly { addr: string; weight: number }[]
  readonly kernelListOrder: readonly string[]
  readonly events: readonly Event[]
}

interface Event {
  readonly open?: { saddr: string; sport: number; daddr: string; dport: number }
  readonly add?: { addr: string; weight: number }
  readonly edit?: { addr: string; weight: number }
  readonly del?: { addr: string }
  readonly chosen?: string | null
  /** Active and inactive connections by server. */
  readonly counts: Readonly<Record<string, [number, number] | null>>
}

function read(name: string): Run {
  return JSON.parse(readFileSync(new URL(`../data/${name}.json`, import.meta.url), 'utf8'))
}

cases(
  'schedulers choose as ip_vs does, decision for decision',
  [
    { name: 'rr__0-1-1__c24', schedule: 'round-robin' },
    { name: 'rr__1-1-1__c24', schedule: 'round-robin' },
    { name: 'rr__3-2-1__c24', schedule: 'round-robin' },
    { name: 'rr__3-2-1__p24', schedule: 'round-robin' },
    { name: 'rr__3-2-1__change', schedule: 'round-robin' },
    { name: 'rr__5-1-1__c24', schedule: 'round-robin' },
  ],
  ({ name, schedule }) => {
    const run = read(name)
    const weightOf = new Map(run.servers.map(({ addr, weight }) => [addr, weight]))
    const servers = run.kernelListOrder.map((addr) => server(addr, weightOf.get(addr)!))
    const stand = new Stand({ ...service([], { schedule }), servers })
    const numbers = run.kernelListOrder.slice()
    run.events.forEach((event, i) => {
      follow(stand, numbers, event, `event ${i + 1}`)
    })
  },
)

function follow(stand: Stand, numbers: string[], event: Event, where: string): void {
  const { balancer } = stand
  if (event.open !== undefined) {
    const { saddr, sport, daddr, dport } = event.open
    const ends = { src: ip(saddr), dst: ip(daddr), srcPort: sport, dstPort: dport }
    const before = stand.events(DECIDED).length
    stand.request(segment(ends, SYN))
    stand.request(segment(ends, ACK))
    const decided = stand.events(DECIDED)[before]
    assert.is(decided === undefined ? null : numbers[decided.a], event.chosen, where)
  }
  if (event.add !== undefined) {
    const { addr, weight } = event.add
    numbers[balancer.addServer(0, server(addr, weight))] = addr
  }
  if (event.edit !== undefined) {
    balancer.setWeight(0, numbers.indexOf(event.edit.addr), event.edit.weight)
  }
  if (event.del !== undefined) balancer.removeServer(0, numbers.indexOf(event.del.addr))
  for (const [addr, counts] of Object.entries(event.counts)) {
    if (counts === null) continue
    const { active, inactive } = balancer.counts(0, numbers.indexOf(addr))
    assert.equal([active, inactive], counts, `${where}: counts of ${addr}`)
  }
}
