import { CLIENT_PORT, type Ground, PORT, SERVER_PORT } from './ground.ts'
import { stackOf } from './invariants.ts'
import { type Lifetimes, patienceS, synPatienceS } from './lifetimes.ts'
import type { Plan, Script, Trouble } from './plan.ts'
import type { Program } from './program.ts'

/** At the end of a trial: who got what, and whether each had a right to end as it did. */
export function judge(
  plan: Plan,
  ground: Ground,
  pairs: readonly (readonly [Program, Program])[],
  lifetimes: Lifetimes,
): string[] {
  const found: string[] = []
  for (const [i, pair] of pairs.entries()) {
    const say = (program: Program, sentence: string): void => {
      found.push(`talk ${i + 1}, ${program.host.name} (${program.outcome || 'open'}): ${sentence}`)
    }
    for (const [one, other] of [pair, [pair[1], pair[0]] as const]) {
      streams(one, other, say)
      const gaveUp = lifetimes.givenUp.has(portsOf(plan, i, other))
      ending(plan, one, other, gaveUp && isUneven(plan), say)
    }
  }
  found.push(...leftovers(ground))
  return found
}

type Say = (program: Program, sentence: string) => void

/** What was read is what was written, from the beginning, and all of it when the end was seen. */
function streams(one: Program, other: Program, say: Say): void {
  if (one.wrong >= 0) say(one, `octet ${one.wrong} is not what was written`)
  if (one.got > other.written) say(one, `read ${one.got} of ${other.written} octets`)
  if (one.sawEnd && one.got !== other.written) {
    say(one, `saw the end after ${one.got} of ${other.written} octets`)
  }
}

/** Reads to the end and closes in peace. */
const isGentle = ({ ending, readOctets }: Script): boolean =>
  ending === 'shutdown' && readOctets > 0
const isRough = ({ loss, flip, late, lateUs }: Trouble): boolean =>
  loss > 0 || flip > 0 || (late > 0 && lateUs > 100_000)
/** Whether segments get lost: a slow cable with a short queue loses as well. */
const isUneven = ({ forth, back, queueFrames }: Plan): boolean =>
  isRough(forth) || isRough(back) || queueFrames < 100

/** As `Lifetimes` names the connection of a program. */
function portsOf({ opening }: Plan, talk: number, { forth, host }: Program): string {
  const server = opening === 'dial' ? PORT : SERVER_PORT + talk
  const client = CLIENT_PORT + talk
  return `${host.name} ${forth ? `${client}-${server}` : `${server}-${client}`}`
}

function ending(plan: Plan, one: Program, other: Program, otherGaveUp: boolean, say: Say): void {
  const gentle = isGentle(one.script) && isGentle(other.script)
  const uneven = isUneven(plan)
  const dark = plan.dark !== undefined || (plan.through === 'balancer' && (uneven || rests(plan)))
  const { outcome } = one
  if (outcome === 'timeout') {
    const silentS = one.endedNs / 1e9
    if (!dark && !uneven) say(one, 'timed out on a cable that loses nothing')
    const kernel = one.forth ? plan.client : plan.server
    const bounds = [patienceS(kernel), synPatienceS(kernel), keepaliveS(kernel)]
    // Where SYNs cross, timeouts of before count, and all of them may have been linear.
    if (plan.opening === 'crossing') bounds.push(1)
    const least = Math.min(...bounds)
    if (silentS < least) say(one, `gave up after ${silentS} s, not ${least} s`)
  }
  if (outcome === 'reset') {
    const failed = other.outcome === 'timeout' || other.outcome === 'reset' || otherGaveUp
    const mayReset = !gentle || dark || failed || (uneven && other.written === 0)
    if (!mayReset) say(one, 'was reset by a peer that is gentle')
  }
  if (outcome === 'refused' && plan.opening === 'dial') say(one, 'was refused by a listener')
  if (outcome === 'unreachable' && !dark && plan.forth.flip + plan.back.flip === 0) {
    say(one, 'was told that a neighbour cannot be reached')
  }
  if (outcome === 'gone') say(one, 'lost its connection without an error')
  if (outcome === 'in-use') say(one, 'found its port taken')
  if (gentle && !dark && !uneven && outcome !== 'end') say(one, 'did not come to its end')
  if (outcome === '' && gentle && !dark && other.outcome === 'end' && !otherGaveUp) {
    say(one, 'waits for ever, the other end has closed')
  }
}

/** A balancer forgets a half-closed connection after a minute, and then nobody is told of its end. */
function rests({ talks }: Plan): boolean {
  const deeds = talks.flatMap(({ client, server }) => [...client.deeds, ...server.deeds])
  return deeds.some((deed) => 'restMs' in deed && deed.restMs > 50_000)
}

const keepaliveS = (kernel: Readonly<Record<string, number>>): number =>
  (kernel['tcp_keepalive_time'] ?? 7200) +
  (kernel['tcp_keepalive_probes'] ?? 9) * (kernel['tcp_keepalive_intvl'] ?? 75)

/** Nothing is left but connections of programs that wait for their peer in peace. */
function leftovers(ground: Ground): string[] {
  const found: string[] = []
  for (const host of [ground.client, ground.server]) {
    const t = stackOf(host)
    for (const { state } of host.tcp.sockets()) {
      if (state === 'LISTEN' || state === 'ESTABLISHED' || state === 'CLOSE-WAIT') continue
      if (state === 'FIN-WAIT-2') continue
      found.push(`${host.name} still has a connection in ${state}`)
    }
    if (t.timeWaits!.count > 0) found.push(`${host.name} still waits for old segments`)
    const c = t.blocks
    for (let s = 0; s < c.capacity; s++) {
      if (c.state[s]! < 2) continue
      if (c.packetsOut[s]! > 0) found.push(`${host.name} row ${s} still has octets under way`)
      if ((c.shut[s]! & 4) !== 0) found.push(`${host.name} row ${s} has no program`)
    }
  }
  if (ground.astray !== 0) found.push(`${ground.astray} frames are lost without a word`)
  return found
}
