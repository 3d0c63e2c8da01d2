import type { Host } from '../../../sim/host/host.ts'
import {
  CLOSED,
  CLOSING,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  LISTEN,
  ORPHAN,
  SYN_RECEIVED,
  SYN_SENT,
} from '../../../sim/host/tcp/states.ts'
import type { Ground } from './ground.ts'
import { stackOf } from './invariants.ts'
import type { Kernel, Plan } from './plan.ts'

/** Doubled at each timeout up to this (RFC 6298 §2.5, TCP_RTO_MAX). */
const RTO_MAX_S = 120
/** What a machine may need beside its timers: a program's wake, an event at the same instant. */
const SLACK_S = 1

/** From the first timeout until Linux gives up: ip-sysctl's 3 s, 102.2 s and 924.6 s. */
const RETRIES2_S: Readonly<Record<number, number>> = { 3: 3, 8: 102.2, 15: 924.6 }
/** ip-sysctl: tcp_syn_retries of 6 with four linear timeouts ends after 131 s, alone after 127 s. */
const SYN_S: Readonly<Record<string, number>> = { '6+4': 131, '6+0': 127, '2+4': 11, '2+0': 7 }
export const patienceS = (kernel: Kernel): number => RETRIES2_S[kernel['tcp_retries2'] ?? 15]!
export const synPatienceS = (kernel: Kernel): number =>
  SYN_S[`${kernel['tcp_syn_retries'] ?? 6}+${kernel['tcp_syn_linear_timeouts'] ?? 4}`]!

/** What a row was when it was looked at last, and since when it has made no progress. */
interface Watched {
  iss: number
  una: number
  state: number
  isProbing: boolean
  sinceNs: number
  /** It has no program any more, and waits for an answer to what it sent. */
  isLone: boolean
  readonly ports: string
}

/** Finds connections that wait for an answer longer than Linux does. */
export class Lifetimes {
  private readonly hosts: readonly (readonly [Host, Kernel])[]
  private readonly watched = new Map<string, Watched>()
  private readonly ground: Ground
  /**
   * Connections without a program that gave up what they had to send, as `MACHINE LOCAL-REMOTE` of
   * their ports: their peers are told nothing.
   */
  readonly givenUp: Set<string> = new Set()

  constructor(plan: Plan, ground: Ground) {
    this.ground = ground
    this.hosts = [
      [ground.client, plan.client],
      [ground.server, plan.server],
    ]
  }

  /** After an event: sentences about who has outlived his time. */
  look(): string[] {
    return this.hosts.flatMap(([host, kernel]) => this.lookAt(host, kernel))
  }

  private lookAt(host: Host, kernel: Kernel): string[] {
    const c = stackOf(host).blocks
    const found: string[] = []
    for (let s = 0; s < c.capacity; s++) {
      const state = c.state[s]!
      if (state === CLOSED || state === LISTEN) {
        this.leave(host, s)
        continue
      }
      const row = this.follow(host, s)
      const waits = c.packetsOut[s]! > 0 || c.queueNext[s]! >= 0 || isClosing(state, c.shut[s]!)
      if (!waits) row.sinceNs = this.ground.agenda.now
      row.isLone =
        waits && (c.shut[s]! & ORPHAN) !== 0 && (c.packetsOut[s]! > 0 || c.queueNext[s]! >= 0)
      const aged = (this.ground.agenda.now - row.sinceNs) / 1e9
      const most = this.mostS(c.shut[s]!, state, kernel, c.packetsOut[s]!)
      if (aged > most + SLACK_S) {
        found.push(`${host.name} row ${s} state ${state} has waited ${aged} s, at most ${most} s`)
      }
    }
    return found
  }

  private follow(host: Host, s: number): Watched {
    const c = stackOf(host).blocks
    const key = `${host.name} ${s}`
    const now = this.ground.agenda.now
    let row = this.watched.get(key)
    if (row === undefined || row.iss !== c.iss[s]) {
      if (row !== undefined) this.leave(host, s)
      const ports = `${host.name} ${c.localPort[s]}-${c.remotePort[s]}`
      const [iss, una, state] = [c.iss[s]!, c.sndUna[s]!, c.state[s]!]
      row = { iss, una, state, isProbing: false, sinceNs: now, isLone: false, ports }
      this.watched.set(key, row)
    }
    // Asking a closed window has a patience of its own.
    const isProbing = c.packetsOut[s] === 0
    const moved = row.una !== c.sndUna[s] || row.state !== c.state[s] || row.isProbing !== isProbing
    // A peer that answers probes of its closed window keeps one with a program alive.
    const answered = c.packetsOut[s] === 0 && c.ackedNs[s] === now && (c.shut[s]! & ORPHAN) === 0
    if (moved || answered) row.sinceNs = now
    row.una = c.sndUna[s]!
    row.state = c.state[s]!
    row.isProbing = isProbing
    return row
  }

  /** The row is free, or another connection's. */
  private leave(host: Host, s: number): void {
    const key = `${host.name} ${s}`
    const row = this.watched.get(key)
    if (row === undefined) return
    if (row.isLone) this.givenUp.add(row.ports)
    this.watched.delete(key)
  }

  private mostS(shut: number, state: number, kernel: Kernel, packetsOut: number): number {
    if (state === SYN_SENT) return synPatienceS(kernel)
    // Beside its own timers it waits for the timeout that finds out.
    const around = 2 * RTO_MAX_S
    // Only where SYNs have crossed: other handshakes are no control blocks.
    if (state === SYN_RECEIVED) return synPatienceS(kernel) + around
    const retries = kernel['tcp_retries2'] ?? 15
    const orphan = (shut & ORPHAN) !== 0
    const tries = orphan ? Math.min(kernel['tcp_orphan_retries'] || 8, retries) : retries
    // tcp_fin_timeout, or 3.5 RTO when that is more.
    if (state === FIN_WAIT_2) return Math.max(kernel['tcp_fin_timeout'] ?? 60, 3.5 * RTO_MAX_S)
    if (packetsOut > 0) return (orphan ? orphanS(tries) : patienceS(kernel)) + around
    // Probes of a closed window: one try more than retries, each at most the largest RTO apart.
    return (tries + 1) * RTO_MAX_S + around
  }
}

/** Time that `tries` timeouts take which begin at 200 ms and double up to the largest RTO. */
function orphanS(tries: number): number {
  return tries <= 9 ? (2 ** (tries + 1) - 1) * 0.2 : 924.6
}

/** Without a program, it must go on closing. */
function isClosing(state: number, shut: number): boolean {
  if ((shut & ORPHAN) === 0) return false
  return state === FIN_WAIT_1 || state === FIN_WAIT_2 || state === CLOSING || state === LAST_ACK
}
