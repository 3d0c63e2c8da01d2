import type { Agenda } from '../engine/agenda.ts'
import type { Stream } from '../engine/chance.ts'
import { dropCode, DROPPED, RECEIVED, SENT, type Trace } from '../trace/index.ts'
import type { Frame, FramePool } from '../wire/frame.ts'
import { HEADER_LEN } from '../wire/ethernet.ts'

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

const CUT = dropCode('cable-cut')
const FULL = dropCode('queue-full')
const OVERSIZE = dropCode('oversize')

/** What all ports of a run share, and what they count together. */
export class Cabling {
  readonly agenda: Agenda
  readonly trace: Trace
  readonly pool: FramePool
  readonly ports: Port[] = []
  readonly arrival: number
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
  readonly receiver: Receiver
  private readonly cabling: Cabling
  private readonly settings: LaneSettings
  private readonly jitter: Stream | undefined
  private peer: Port | undefined
  /** False while the cable is out. */
  plugged = true
  private busyUntilNs = 0
  /** Share of a nanosecond that serialisation still owes, in units of 1 / rateBps ns. */
  private owed = 0
  private lastArrivalNs = 0
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
    this.settings = settings
    this.jitter = settings.jitterNs > 0 ? jitter : undefined
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

  /** Sends a frame, which the cable owns from now on. */
  transmit(frame: Frame): void {
    const cabling = this.cabling
    const length = frame.end - frame.start
    const now = cabling.agenda.now
    const peer = this.peer
    if (peer === undefined || !this.plugged) return cabling.drop(frame, this.place, CUT)
    if (length - HEADER_LEN > this.settings.mtu) return cabling.drop(frame, this.place, OVERSIZE)
    while (this.waiting > 0 && this.starts[this.startsHead]! <= now) {
      this.startsHead = this.startsHead + 1 === this.starts.length ? 0 : this.startsHead + 1
      this.waiting--
    }
    const start = this.busyUntilNs > now ? this.busyUntilNs : now
    if (start > now) {
      if (this.waiting >= this.settings.queueFrames) return cabling.drop(frame, this.place, FULL)
      let tail = this.startsHead + this.waiting
      if (tail >= this.starts.length) tail -= this.starts.length
      this.starts[tail] = start
      this.waiting++
    }
    const trace = cabling.trace
    if (this.observed && (trace.mask & SENT) !== 0) trace.emit(SENT, this.place, frame, 0, 0, 0)
    const units = (length + OVERHEAD_OCTETS) * 8 * NS_PER_S + this.owed
    const duration = Math.floor(units / this.settings.rateBps)
    this.owed = units - duration * this.settings.rateBps
    this.busyUntilNs = start + duration
    let arrival = this.busyUntilNs + this.settings.delayNs
    if (this.jitter !== undefined) {
      arrival += this.jitter.below(this.settings.jitterNs + 1)
      // Jitter delays and never reorders: a frame waits for the one before it.
      if (arrival < this.lastArrivalNs) arrival = this.lastArrivalNs
      this.lastArrivalNs = arrival
    }
    cabling.inFlight++
    cabling.agenda.schedule(arrival, cabling.arrival, peer.index, frame.slot)
  }

  /** The event at the other end of the cable. */
  arrive(frame: Frame): void {
    const cabling = this.cabling
    cabling.inFlight--
    if (!this.plugged) return cabling.drop(frame, this.place, CUT)
    cabling.hops++
    cabling.hopOctets += frame.end - frame.start
    const trace = cabling.trace
    if (this.observed && (trace.mask & RECEIVED) !== 0) {
      trace.emit(RECEIVED, this.place, frame, 0, 0, 0)
    }
    this.receiver.receive(frame, this)
  }
}
