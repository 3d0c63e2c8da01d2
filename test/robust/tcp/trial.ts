import { CLIENT_PORT, Ground, PORT, SERVER_PORT } from './ground.ts'
import { broken } from './invariants.ts'
import { Lifetimes } from './lifetimes.ts'
import { judge } from './oracle.ts'
import type { Plan } from './plan.ts'
import { octetOf, optionsOf, Program } from './program.ts'
import { WireWatch } from './wire-watch.ts'

const NS_PER_S = 1e9
/** Long after the last timer of the slowest plan. */
const END_NS = 8 * 3600 * NS_PER_S
const MOST_EVENTS = 2_000_000

/** What came of a plan. */
export interface Trial {
  readonly complaints: readonly string[]
  readonly events: number
  readonly programs: readonly (readonly [Program, Program])[]
}

/** Runs a plan to its end and says everything that was not as it must be. */
export function run(plan: Plan, log?: (line: string) => void): Trial {
  const watch = new WireWatch(octetOf, plan.through === 'cable' ? 0 : 1, log)
  const ground = new Ground(plan, watch)
  watch.clock = ground.agenda
  const pairs = plan.talks.map(
    ({ client, server }) =>
      [
        new Program(ground, ground.client, client, true),
        new Program(ground, ground.server, server, false),
      ] as const,
  )
  start(ground, plan, pairs)
  const complaints: string[] = []
  const lifetimes = new Lifetimes(plan, ground)
  const { agenda } = ground
  let events = 0
  while (complaints.length === 0 && agenda.run(END_NS, 1) > 0) {
    if (++events > MOST_EVENTS) complaints.push(`does not come to rest: ${agenda.now / 1e9} s`)
    for (const host of [ground.client, ground.server]) complaints.push(...broken(host))
    complaints.push(...lifetimes.look(), ...watch.complaints)
  }
  if (complaints.length === 0) complaints.push(...judge(plan, ground, pairs, lifetimes))
  return { complaints, events, programs: pairs }
}

type Pairs = readonly (readonly [Program, Program])[]

/** Lets the programs of a plan begin. */
export function start(ground: Ground, plan: Plan, pairs: Pairs): void {
  if (plan.opening === 'dial') open(ground, plan, pairs)
  else cross(ground, pairs)
}

function open(ground: Ground, plan: Plan, pairs: Pairs): void {
  const { tcp } = ground.server
  const owner = {
    wake(listener: number): void {
      for (let s = tcp.accept(listener); s >= 0; s = tcp.accept(listener)) {
        const program = pairs[tcp.remotePort(s) - CLIENT_PORT]![1]
        // A handshake may be made twice of one SYN; a program takes the first.
        if (program.socket >= 0 || program.outcome !== '') {
          tcp.close(s)
          continue
        }
        program.socket = s
        tcp.setOwner(s, program)
        program.wake()
      }
    },
  }
  const options = optionsOf(plan.talks[0]!.server)
  tcp.listen({ address: 0, port: PORT, backlog: 16, owner, ...options })
  for (const [i, [program]] of pairs.entries()) {
    dial(ground, program, CLIENT_PORT + i, ground.target, PORT, i)
  }
}

function cross(ground: Ground, pairs: Pairs): void {
  for (const [i, [one, other]] of pairs.entries()) {
    dial(ground, one, CLIENT_PORT + i, ground.serverAddress, SERVER_PORT + i, i)
    dial(ground, other, SERVER_PORT + i, ground.clientAddress, CLIENT_PORT + i, i)
  }
}

function dial(
  ground: Ground,
  program: Program,
  localPort: number,
  remote: number,
  remotePort: number,
  atMs: number,
): void {
  ground.at(atMs * 1e6, () => {
    const options = optionsOf(program.script)
    const { tcp } = program.host
    program.socket = tcp.connect({ owner: program, remote, remotePort, localPort, ...options })
    if (program.socket < 0) program.outcome = tcp.lastError
  })
}
