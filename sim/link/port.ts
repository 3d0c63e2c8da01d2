import type { Agenda } from '../engine/agenda.ts'
import type { Stream } from '../engine/chance.ts'
import { BORN, dropCode, DROPPED, RECEIVED, SENT, type Trace } from '../trace/index.ts'
import { DAMAGED, type Frame, type FramePool, LATE } from '../wire/frame.ts'
import { HEADER_LEN } from '../wire/ethernet.ts'
import {
  BAD_FCS,
  BIT_FLIPPED,
  DROPPED_ON_PURPOSE,
  Faults,
  LOST,
  OVERTAKEN,
  type Trouble,
  TWICE,
} from './faults.ts'

/** Takes frames that arrive at a port; it owns them from then on. */
export interface Receiver {
  receive(frame: Frame, port: Port): void
}

/** What one end of a cable does to the frames it sends. */
export interface LaneSettings {
  /** One way, in nanoseconds. */
  readonly delayNs: number
  /** Added at random, uniform in 0 .. jitterNs. */
  readonly jitterNs: number
  /** Bits per second. */
  readonly rateBps: number
  /** Frames that may wait behind the one being sent. */
  readonly queueFrames: number
  /** Largest IP packet in octets. */
  readonly mtu: number
}

/** Preamble, frame check sequence and gap, which occupy the cable and are in no capture. */
const OVERHEAD_OCTETS = 24
const NS_PER_S = 1_000_000_000
/** The least that a frame is late which others overtake: eight full frames at 1 Gbit/s. */
const DETOUR_NS = 100_000

const CUT = dropCode('cable-cut')
const DOWN = dropCode('machine-down')
const FULL = dropCode('queue-full')
const OVERSIZE = dropCode('oversize')
const LOST_BY_CHANCE = dropCode('lost')
const IMPAIRED = dropCode('impaired')
const WRONG_FCS = dropCode('bad-fcs')

/** What all ports of a run share, and what they count together. */
export class Cabling {
  readonly agenda: Agenda
  readonly trace: Trace
  readonly pool: FramePool
  readonly ports: Port[] = []
  readonly arrival: number
  private readonly refusal: number
  /** Frames delivered over a cable so far. */
  hops = 0
  /** Octets of those frames. */
  hopOctets = 0
  /** Frames that are on a cable now. */
  inFlight = 0

  constructor(agenda: Agenda, trace: Trace, pool: FramePool) {
    this.agenda = agenda
    this.trace = trace
    this.pool = pool
    this.arrival = agenda.register((port, slot) => {
      this.ports[port]!.arrive(this.pool.frames[slot]!)
    })
    this.refusal = agenda.register((port, slot) => {
      this.ports[port]!.refuse(this.pool.frames[slot]!)
    })
  }

  /** Lets a frame arrive; `bad`: with a frame check sequence that does not fit. */
  carry(frame: Frame, to: Port, arrivalNs: number, bad: boolean): void {
    this.inFlight++
    this.agenda.schedule(arrivalNs, bad ? this.refusal : this.arrival, to.index, frame.slot)
  }

  drop(frame: Frame, place: number, reason: number): void {
    if ((this.trace.mask & DROPPED) !== 0) this.trace.emit(DROPPED, place, frame, reason, 0, 0)
    this.pool.release(frame)
  }
}

/**
 * One end of a cable. Serialisation and queue are computed, not simulated: a frame costs one event,
 * its arrival at the other end.
 */
export class Port {
  readonly index: number
  /** Place number of the interface behind it; of the network for a port of a switch. */
  readonly place: number
  /** Whether frames are observed here (an interface), or not (the inside of a switch). */
  readonly observed: boolean
  /** Another one once a machine has started anew. */
  receiver: Receiver
  private readonly cabling: Cabling
  /** As the cable is by itself. */
  private readonly base: LaneSettings
  /** As it is now. */
  private settings: LaneSettings
  /** What is uneven about it; undefined for an ordinary cable. */
  private faults: Faults | undefined
  private peer: Port | undefined
  /** How often this cable is out: several faults may overlap. */
  private cuts = 0
  /** Without power nothing goes in or out. */
  private powered = true
  /** Drop reason of everything that would pass now, -1 while the cable is in order. */
  private shut = -1
  private busyUntilNs = 0
  /** Share of a nanosecond that serialisation still owes, in units of 1 / rateBps ns. */
  private owed = 0
  /** Instants at which the waiting frames begin to be sent: a ring. */
  private readonly starts: Float64Array
  private startsHead = 0
  private waiting = 0

  constructor(
    cabling: Cabling,
    place: number,
    observed: boolean,
    receiver: Receiver,
    settings: LaneSettings,
    jitter: Stream | undefined,
  ) {
    this.cabling = cabling
    this.index = cabling.ports.length
    this.place = place
    this.observed = observed
    this.receiver = receiver
    this.base = settings
    this.settings = settings
    if (settings.jitterNs > 0) this.faults = new Faults(jitter, settings.jitterNs)
    this.starts = new Float64Array(settings.queueFrames + 1)
    cabling.ports.push(this)
  }

  /** Joins two ports by a cable. */
  static join(one: Port, other: Port): void {
    one.peer = other
    other.peer = one
  }

  get mtu(): number {
    return this.settings.mtu
  }

  /** Whether a cable is in. */
  get plugged(): boolean {
    return this.cuts === 0
  }

  /** The port at the other end of the cable. */
  get other(): Port | undefined {
    return this.peer
  }

  /** Pulls the cable out, at both ends. */
  cut(): void {
    for (const end of [this, this.peer]) end?.shutOrOpen(1, end.powered)
  }

  /** Takes one cut back; the cable is in again when none is left. */
  mend(): void {
    for (const end of [this, this.peer]) end?.shutOrOpen(-1, end.powered)
  }

  /** Of a machine without power: the cable stays in, and nobody hears or speaks. */
  power(on: boolean): void {
    this.shutOrOpen(0, on)
  }

  private shutOrOpen(cuts: number, powered: boolean): void {
    this.cuts += cuts
    this.powered = powered
    this.shut = this.cuts > 0 ? CUT : powered ? -1 : DOWN
  }

  /** From now on the frames sent here suffer from `trouble` too. */
  impair(trouble: Trouble): void {
    this.faults ??= new Faults(undefined, 0)
    this.faults.troubles.push(trouble)
    this.reshape()
  }

  /** Ends what `impair` began. */
  relieve(trouble: Trouble): void {
    const { troubles } = this.faults!
    troubles.splice(troubles.indexOf(trouble), 1)
    this.reshape()
  }

  private reshape(): void {
    const faults = this.faults!
    // What is under way was sent with the delay of before, and nothing may overtake it.
    faults.inOrder(this.busyUntilNs + this.settings.delayNs)
    let { delayNs, rateBps, queueFrames, mtu } = this.base
    for (const trouble of faults.troubles) {
      delayNs += trouble.delayNs
      rateBps = Math.min(rateBps, trouble.rateBps)
      queueFrames = Math.min(queueFrames, trouble.queueFrames)
      mtu = Math.min(mtu, trouble.mtu)
    }
    if (rateBps !== this.settings.rateBps) this.owed = 0
    this.settings = { delayNs, jitterNs: this.base.jitterNs, rateBps, queueFrames, mtu }
  }

  /** Sends a frame, which the cable owns from now on. */
  transmit(frame: Frame): void {
    const cabling = this.cabling
    const length = frame.end - frame.start
    const now = cabling.agenda.now
    const { peer, settings } = this
    if (this.shut >= 0) return cabling.drop(frame, this.place, this.shut)
    if (peer === undefined) return cabling.drop(frame, this.place, CUT)
    if (length - HEADER_LEN > settings.mtu) return cabling.drop(frame, this.place, OVERSIZE)
    while (this.waiting > 0 && this.starts[this.startsHead]! <= now) {
      this.startsHead = this.startsHead + 1 === this.starts.length ? 0 : this.startsHead + 1
      this.waiting--
    }
    const start = this.busyUntilNs > now ? this.busyUntilNs : now
    if (start > now) {
      if (this.waiting >= settings.queueFrames) return cabling.drop(frame, this.place, FULL)
      let tail = this.startsHead + this.waiting
      if (tail >= this.starts.length) tail -= this.starts.length
      this.starts[tail] = start
      this.waiting++
    }
    const trace = cabling.trace
    if (this.observed && (trace.mask & SENT) !== 0) trace.emit(SENT, this.place, frame, 0, 0, 0)
    const units = (length + OVERHEAD_OCTETS) * 8 * NS_PER_S + this.owed
    const duration = Math.floor(units / settings.rateBps)
    this.owed = units - duration * settings.rateBps
    this.busyUntilNs = start + duration
    const arrival = this.busyUntilNs + settings.delayNs
    if (this.faults !== undefined) return this.suffer(frame, this.faults, arrival, duration)
    cabling.inFlight++
    cabling.agenda.schedule(arrival, cabling.arrival, peer.index, frame.slot)
  }

  /** A frame on a cable that is uneven: it may get lost, late, damaged or double. */
  private suffer(frame: Frame, faults: Faults, due: number, duration: number): void {
    const { cabling, settings } = this
    const peer = this.peer!
    const added = faults.addedNs()
    const fate = faults.fateOf(frame)
    if ((fate & DROPPED_ON_PURPOSE) !== 0) return cabling.drop(frame, faults.blamed, IMPAIRED)
    if ((fate & LOST) !== 0) return cabling.drop(frame, faults.blamed, LOST_BY_CHANCE)
    let arrival = due + added
    if ((fate & OVERTAKEN) === 0) arrival = faults.inOrder(arrival)
    else {
      frame.marks |= LATE
      arrival += Math.max(settings.delayNs, DETOUR_NS)
    }
    const copy = (fate & TWICE) === 0 ? undefined : this.double(frame)
    if ((fate & BIT_FLIPPED) !== 0) {
      faults.damage(frame)
      frame.marks |= DAMAGED
    }
    cabling.carry(frame, peer, arrival, (fate & BAD_FCS) !== 0)
    if (copy !== undefined) cabling.carry(copy, peer, arrival + duration, false)
  }

  private double(frame: Frame): Frame {
    const { pool, trace } = this.cabling
    const copy = pool.copy(frame)
    if ((trace.mask & BORN) !== 0) trace.emit(BORN, this.place, copy, 0, 0, 0)
    return copy
  }

  /** The event at the other end of the cable. */
  arrive(frame: Frame): void {
    const cabling = this.cabling
    cabling.inFlight--
    if (this.shut >= 0) return cabling.drop(frame, this.place, this.shut)
    cabling.hops++
    cabling.hopOctets += frame.end - frame.start
    const trace = cabling.trace
    if (this.observed && (trace.mask & RECEIVED) !== 0) {
      trace.emit(RECEIVED, this.place, frame, 0, 0, 0)
    }
    this.receiver.receive(frame, this)
  }
  /** A frame has come whose check sequence is wrong: hardware shows it to nobody. */
  refuse(frame: Frame): void {
    const { cabling } = this
    cabling.inFlight--
    cabling.drop(frame, this.place, this.shut >= 0 ? this.shut : WRONG_FCS)
  }
}
