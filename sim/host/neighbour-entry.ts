import { NONE, type Token } from '../engine/agenda.ts'
import { isIpv6 } from '../wire/address-book.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import type { Interface } from './interface.ts'

/**
 * States of an entry, by the names `ip neighbour` shows (RFC 4861 §7.3.2; Linux
 * net/core/neighbour.c).
 */
export const NEIGHBOUR_STATES = [
  'NONE',
  'INCOMPLETE',
  'REACHABLE',
  'STALE',
  'DELAY',
  'PROBE',
  'FAILED',
  'PERMANENT',
] as const
/** Never resolved, or flushed. */
export const FRESH = 0
export const INCOMPLETE = 1
export const REACHABLE = 2
export const STALE = 3
export const DELAY = 4
export const PROBE = 5
export const FAILED = 6
export const PERMANENT = 7

/**
 * Octets that a waiting packet is counted with beside its own (the kernel's sk_buff and its room).
 */
const WAITING_OVERHEAD = 640

/** One neighbour on one interface. */
export class Neighbour {
  readonly index: number
  readonly iface: Interface
  readonly address: number
  state: number = FRESH
  macHi = 0
  macLo = 0
  probes = 0
  /** It has said of itself that it forwards (the R flag of neighbour discovery). */
  router = false
  usedNs = 0
  confirmedNs: number
  updatedNs = 0
  timer: Token = NONE
  readonly waiting: Frame[] = []
  waitingOctets = 0

  constructor(index: number, iface: Interface, address: number, confirmedNs: number) {
    this.index = index
    this.iface = iface
    this.address = address
    this.confirmedNs = confirmedNs
  }

  /** Lets a frame wait for the MAC. Returns the oldest ones for which there is no room any more. */
  enqueue(frame: Frame, room: number): Frame[] {
    const octets = frame.end - frame.start + WAITING_OVERHEAD
    const pushedOut: Frame[] = []
    while (this.waitingOctets + octets > room && this.waiting.length > 0) {
      const oldest = this.waiting.shift()!
      this.waitingOctets -= oldest.end - oldest.start + WAITING_OVERHEAD
      pushedOut.push(oldest)
    }
    this.waiting.push(frame)
    this.waitingOctets += octets
    return pushedOut
  }

  get hasMac(): boolean {
    return this.state >= REACHABLE && this.state !== FAILED
  }
}

/** Sends a frame to a neighbour whose MAC is known. */
export function transmit(frame: Frame, { iface, macHi, macLo, address }: Neighbour): void {
  const { view, start } = frame
  ethernet.setDst(view, start, macHi, macLo)
  ethernet.setSrc(view, start, iface.macHi, iface.macLo)
  const type = isIpv6(address) ? ethernet.TYPE_IPV6 : ethernet.TYPE_IPV4
  ethernet.setType(view, start, type)
  iface.port!.transmit(frame)
}
