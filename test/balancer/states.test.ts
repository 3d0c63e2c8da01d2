import { readFileSync } from 'node:fs'
import {
  CLIENT_ONLY,
  FROM_CLIENT,
  FROM_SERVER,
  isActive,
  NONE,
  nextState,
  STATES,
  TIMEOUTS_NS,
  type Transitions,
} from '../../sim/balancer/states.ts'
import { ACK, FIN, PSH, RST, SYN } from '../../sim/wire/tcp.ts'
import { assert, cases } from '../lib/harness.ts'
import { ip, segment } from '../nat/packets.ts'
import { S, Stand, service, VIP } from './stand.ts'

/** What a kernel did with one packet in one state; null where it made no connection. */
interface Step {
  readonly state: string
  readonly seconds: number
  readonly active: number
  readonly inactive: number
  /** The connection was forgotten and a new one scheduled. */
  readonly again: boolean
}

type Machine = Readonly<Record<string, { path: string[]; next: Record<string, Step | null> }>>

const MEASURED: { dnat: Machine; direct: Machine } = JSON.parse(
  readFileSync(new URL('data/states.json', import.meta.url), 'utf8'),
)

const FLAGS: Readonly<Record<string, number>> = {
  SYN,
  'SYN-ACK': SYN | ACK,
  ACK,
  'PSH-ACK': PSH | ACK,
  'FIN-ACK': FIN | ACK,
  RST,
  'RST-ACK': RST | ACK,
}

/** One row for each state and packet of a measured machine. */
function rows(machine: Machine) {
  return Object.entries(machine).flatMap(([state, { path, next }]) =>
    Object.entries(next).map(([event, step]) => ({
      name: `${state}: ${event} -> ${step === null ? 'nothing' : step.state}`,
      path,
      event,
      step,
    })),
  )
}

const CLIENT = { src: ip('207.17.117.20'), dst: ip(VIP), srcPort: 50001, dstPort: 80 }
const SERVER = { src: ip('172.16.20.1'), dst: ip('207.17.117.20'), srcPort: 80, dstPort: 50001 }

function play(stand: Stand, event: string): void {
  const [direction, name] = event.split(' ') as ['in' | 'out', string]
  if (direction === 'in') stand.request(segment(CLIENT, FLAGS[name]!))
  else stand.reply(segment(SERVER, FLAGS[name]!))
}

cases('dnat: states as a kernel has them', rows(MEASURED.dnat), ({ path, event, step }) => {
  const stand = new Stand(service(['172.16.20.1']))
  for (const earlier of path) play(stand, earlier)
  stand.clock.now = S
  const before = stand.balancer.counts(0, 0)
  play(stand, event)
  const [connection] = stand.balancer.connections()
  const after = stand.balancer.counts(0, 0)
  if (step === null) return assert.is(connection, undefined)
  assert.is(connection?.state, step.state)
  assert.is(connection?.expiresNs, (1 + step.seconds) * S)
  // With one server the old and the new connection are counted at the same one.
  const inactive = step.again ? -1 : step.inactive
  assert.equal(
    [after.active - before.active, after.inactive - before.inactive],
    [step.active, inactive],
  )
})

const table = (direction: string, direct: boolean): Transitions =>
  direction === 'out' ? FROM_SERVER : direct ? CLIENT_ONLY : FROM_CLIENT

cases('direct: states as a kernel has them', rows(MEASURED.direct), ({ path, event, step }) => {
  const follow = (state: number, each: string): number => {
    const [direction, name] = each.split(' ') as [string, string]
    return nextState(table(direction, true), state, FLAGS[name]!)
  }
  // Whether a packet begins a connection is not the table's affair, nor that one begins anew.
  if (step === null || step.again) return
  const before = path.reduce(follow, NONE)
  const after = follow(before, event)
  assert.is(STATES[after], step.state)
  assert.is(TIMEOUTS_NS[after], step.seconds * S)
  const was = path.length === 0 ? 0 : Number(isActive(before))
  assert.is(Number(isActive(after)) - was, step.active)
})
