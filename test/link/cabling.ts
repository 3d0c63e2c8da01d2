import { Agenda } from '../../sim/engine/agenda.ts'
import { Cabling, type LaneSettings, Port, type Receiver } from '../../sim/link/port.ts'
import { Switch } from '../../sim/link/switch.ts'
import { DROPPED, DROPS, type Sink, Trace } from '../../sim/trace/index.ts'
import * as ethernet from '../../sim/wire/ethernet.ts'
import { type Frame, FramePool } from '../../sim/wire/frame.ts'

export const LANE: LaneSettings = {
  delayNs: 50_000,
  jitterNs: 0,
  rateBps: 1_000_000_000,
  queueFrames: 1000,
  mtu: 1500,
}

/** A cable's end that notes when each frame came, then frees it. */
export class Listener implements Receiver {
  readonly arrivals: { timeNs: number; id: number; length: number }[] = []
  private readonly bench: Bench

  constructor(bench: Bench) {
    this.bench = bench
  }

  receive(frame: Frame): void {
    const length = frame.end - frame.start
    this.arrivals.push({ timeNs: this.bench.agenda.now, id: frame.id, length })
    this.bench.pool.release(frame)
  }
}

/** Agenda, trace, pool and cabling for tests of links; drops are noted by name. */
export class Bench implements Sink {
  readonly agenda: Agenda = new Agenda()
  readonly trace: Trace = new Trace(this.agenda)
  readonly pool: FramePool = new FramePool(1514)
  readonly cabling: Cabling = new Cabling(this.agenda, this.trace, this.pool)
  readonly drops: string[] = []
  /** Numbers of the places of those drops. */
  readonly dropPlaces: number[] = []

  constructor() {
    this.trace.subscribe(DROPPED, this)
  }

  event(_t: number, _k: number, place: number, _f: Frame | undefined, code: number): void {
    this.dropPlaces.push(place)
    this.drops.push(DROPS[code]!)
  }

  /** A frame of `length` octets from MAC `from` to MAC `to` (small numbers). */
  frame(length: number, from = 1, to = 2): Frame {
    const frame = this.pool.take()
    frame.end = frame.start + length
    ethernet.setDst(
      frame.view,
      frame.start,
      to === 0xff ? 0xffff : 0x0200,
      to === 0xff ? 0xffffffff : to,
    )
    ethernet.setSrc(frame.view, frame.start, 0x0200, from)
    return frame
  }

  /** Two listeners and the cable between them. */
  cable(settings: LaneSettings): { near: Port; far: Port; heard: Listener } {
    const heard = new Listener(this)
    const near = new Port(this.cabling, 0, true, new Listener(this), settings, undefined)
    const far = new Port(this.cabling, 1, true, heard, settings, undefined)
    Port.join(near, far)
    return { near, far, heard }
  }

  /** A switch with `count` machines; the switch's ports in the order of plugging. */
  star(count: number, learns = true): { center: Switch; ends: Port[]; heard: Listener[] } {
    const center = new Switch(this.cabling, 99, learns)
    const ends: Port[] = []
    const heard: Listener[] = []
    for (let i = 0; i < count; i++) {
      const listener = new Listener(this)
      const end = new Port(this.cabling, i, true, listener, LANE, undefined)
      const inner = new Port(this.cabling, 99, false, center, LANE, undefined)
      Port.join(end, inner)
      center.ports.push(inner)
      ends.push(end)
      heard.push(listener)
    }
    return { center, ends, heard }
  }
}
