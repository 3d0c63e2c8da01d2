import { BORN, dropCode } from '../trace/index.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import type { Cabling, Port, Receiver } from './port.ts'

/** One learned address. */
export interface FdbEntry {
  readonly hi: number
  readonly lo: number
  port: Port
  seenNs: number
  next: FdbEntry | undefined
}

/** Seconds after which a silent address is forgotten (Linux bridge: ageing_time 300 s). */
export const AGEING_NS = 300_000_000_000

const SAME_PORT = dropCode('switch-same-port')
const NO_RECEIVER = dropCode('no-receiver')
const TRUNCATED = dropCode('ethernet-truncated')

/**
 * A learning switch: remembers behind which port an address lives, floods what it does not know,
 * and forgets after 300 s. A flooded frame goes to the port plugged in last first, as in a Linux
 * bridge. With `learns` false it is a hub: everything goes everywhere.
 */
export class Switch implements Receiver {
  readonly ports: Port[] = []
  private readonly cabling: Cabling
  private readonly place: number
  private readonly learns: boolean
  private readonly fdb = new Map<number, FdbEntry>()

  constructor(cabling: Cabling, place: number, learns: boolean) {
    this.cabling = cabling
    this.place = place
    this.learns = learns
  }

  receive(frame: Frame, from: Port): void {
    const { view, start } = frame
    if (ethernet.check(start, frame.end) !== undefined) {
      return this.cabling.drop(frame, this.place, TRUNCATED)
    }
    if (!this.learns) return this.flood(frame, from)
    this.learn(ethernet.srcHi(view, start), ethernet.srcLo(view, start), from)
    if (ethernet.isGroup(view, start)) return this.flood(frame, from)
    const entry = this.find(ethernet.dstHi(view, start), ethernet.dstLo(view, start))
    if (entry === undefined || this.cabling.agenda.now - entry.seenNs > AGEING_NS) {
      return this.flood(frame, from)
    }
    if (entry.port === from) return this.cabling.drop(frame, this.place, SAME_PORT)
    entry.port.transmit(frame)
  }

  /** Forgets the addresses behind a port whose cable is out. */
  forget(port: Port): void {
    for (const [lo, first] of this.fdb) {
      const left = [...chain(first)].filter((entry) => entry.port !== port)
      for (const [i, entry] of left.entries()) entry.next = left[i + 1]
      if (left[0] === undefined) this.fdb.delete(lo)
      else this.fdb.set(lo, left[0])
    }
  }

  /** Forgets all addresses. */
  flush(): void {
    this.fdb.clear()
  }

  /** The table, in the order of learning, for those who look. */
  *entries(): Generator<FdbEntry> {
    for (const first of this.fdb.values()) yield* chain(first)
  }

  private flood(frame: Frame, from: Port): void {
    const { trace, pool } = this.cabling
    // The last receiver gets the frame itself, those before it get copies.
    let remaining = 0
    for (const port of this.ports) if (port !== from && port.plugged) remaining++
    if (remaining === 0) return this.cabling.drop(frame, this.place, NO_RECEIVER)
    for (let i = this.ports.length - 1; i >= 0; i--) {
      const port = this.ports[i]!
      if (port === from || !port.plugged) continue
      if (--remaining === 0) {
        port.transmit(frame)
        return
      }
      const copy = pool.copy(frame)
      if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.place, copy, 0, 0, 0)
      port.transmit(copy)
    }
  }

  private find(hi: number, lo: number): FdbEntry | undefined {
    let entry = this.fdb.get(lo | 0)
    while (entry !== undefined && (entry.hi !== hi || entry.lo !== lo)) entry = entry.next
    return entry
  }

  private learn(hi: number, lo: number, port: Port): void {
    const known = this.find(hi, lo)
    if (known !== undefined) {
      known.port = port
      known.seenNs = this.cabling.agenda.now
      return
    }
    const next = this.fdb.get(lo | 0)
    this.fdb.set(lo | 0, { hi, lo, port, seenNs: this.cabling.agenda.now, next })
  }
}

/** Entries whose addresses end alike. */
function* chain(first: FdbEntry): Generator<FdbEntry> {
  for (let entry: FdbEntry | undefined = first; entry !== undefined; entry = entry.next) {
    yield entry
  }
}
