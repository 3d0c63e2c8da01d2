import { Endpoint } from './endpoint.ts'
import { Program } from './program.ts'
import { difference, type Segment, segmentLine } from './segment-line.ts'
import { type Numbers, readSegment, writeIcmp, writeSegment } from './segment-octets.ts'
import type { Line, Timeline } from './timeline.ts'

/** How much before its time a segment may leave, and how much after it if it leaves at once. */
const EARLY_NS = 1_000_000
const AT_ONCE_NS = 1_000_000
/** How late a timer may be: a tick of a kernel at 250 Hz. */
const LATE_NS = 4_500_000
/** How long nothing may leave after the last line. */
const QUIET_NS = 10_000_000
/** Long enough for a frame to arrive, too short for any timer. */
const ARRIVAL_NS = 2_000

/** Plays a timeline; returns what went otherwise, by its file and line, or undefined. */
export function play(timeline: Timeline): string | undefined {
  const player = new Player(timeline)
  for (const line of timeline.lines) {
    const problem = player.step(line)
    if (problem !== undefined) return problem
  }
  return player.finish()
}

/** A segment that has left, as a line and in octets. */
interface Out {
  readonly atNs: number
  readonly segment: Segment
}

class Player {
  private readonly timeline: Timeline
  private readonly endpoint: Endpoint
  private readonly program: Program
  private readonly numbers = new Map<number, Numbers>()
  /** Frames of the endpoint by peer port and relative sequence number, for ICMP to quote. */
  private readonly frames = new Map<string, Uint8Array>()
  /** When the line before happened. */
  private lastNs = 0

  constructor(timeline: Timeline) {
    this.timeline = timeline
    this.endpoint = new Endpoint(timeline.host, timeline.mtu)
    this.program = new Program(this.endpoint)
  }

  step(line: Line): string | undefined {
    const dueNs = this.lastNs + line.afterNs
    if (line.event.kind === 'out') return this.expect(line, line.event.segment, dueNs)
    this.endpoint.runUntil(dueNs)
    const out = this.next()
    if (out !== undefined) return this.unexpected(line, out)
    this.lastNs = dueNs
    const problem = this.act(line)
    this.endpoint.runUntil(this.endpoint.agenda.now + ARRIVAL_NS)
    return problem
  }

  finish(): string | undefined {
    this.endpoint.runUntil(this.lastNs + QUIET_NS)
    const out = this.next()
    if (out === undefined) return undefined
    const last = this.timeline.lines.at(-1)!
    return `${last.place}: after the last line left\n  ${this.told(out)}`
  }

  private act({ event, text, place }: Line): string | undefined {
    const { own, peer } = this.program
    if (event.kind === 'in') {
      const port = event.segment.port ?? peer
      const packet = writeSegment(event.segment, port, own, this.numbersOf(port))
      this.endpoint.inject(packet)
    } else if (event.kind === 'icmp') {
      const about = this.frames.get(`${peer} ${event.about}`)
      if (about === undefined) return `${place}: no segment at ${event.about} has left yet`
      this.endpoint.inject(writeIcmp(event.name, event.mtu, about))
    } else if (event.kind === 'do') {
      const result = this.program.call(event.call)
      if (event.result !== undefined && event.result !== result) {
        return `${place}: the call gave '${result}'\n  expected  ${text}`
      }
    }
    return undefined
  }

  private expect(line: Line, wanted: Segment, dueNs: number): string | undefined {
    const lateNs = line.afterNs === 0 ? AT_ONCE_NS : LATE_NS
    this.endpoint.runUntilSent(dueNs + lateNs)
    const out = this.next()
    if (out === undefined) return `${line.place}: nothing left\n  expected  ${line.text}`
    const port = wanted.port ?? this.program.peer
    const off = out.atNs - dueNs
    const clock = [-EARLY_NS / 1e6, LATE_NS / 1e6] as const
    let problem = difference({ ...wanted, port }, out.segment, clock)
    if (problem === undefined && off < -EARLY_NS) problem = `it left ${ms(-off)} ms early`
    if (problem === undefined && off > lateNs) problem = `it left ${ms(off)} ms late`
    if (problem !== undefined) {
      const tolerance = `  tolerance -${ms(EARLY_NS)} ms to +${ms(lateNs)} ms`
      const [expected, got] = [`  expected  ${line.text}`, `  got       ${this.told(out)}`]
      return `${line.place}: ${problem}\n${expected}\n${got}\n${tolerance}`
    }
    this.lastNs = out.atNs
    return undefined
  }

  private unexpected(line: Line, out: Out): string {
    const [text, got] = [`  line      ${line.text}`, `  got       ${this.told(out)}`]
    return `${line.place}: a segment left before this line\n${text}\n${got}`
  }

  private told({ atNs, segment }: Out): string {
    const port = segment.port === this.program.peer ? undefined : segment.port
    return `+${ms(atNs - this.lastNs)}ms > ${segmentLine({ ...segment, port })}`
  }

  /** The next segment that has left; undefined when none has. */
  private next(): Out | undefined {
    const sent = this.endpoint.sent.shift()
    if (sent === undefined) return undefined
    const segment = readSegment(sent.octets, (port) => this.numbersOf(port))
    if (segment === undefined) return this.next()
    this.frames.set(`${segment.port} ${segment.sequence}`, sent.octets)
    return { atNs: sent.atNs, segment }
  }

  private numbersOf(port: number): Numbers {
    let numbers = this.numbers.get(port)
    if (numbers === undefined) {
      const peer = this.timeline.peerIsn
      numbers = { peer, own: undefined, firstStamp: undefined, lastStamp: 0 }
      this.numbers.set(port, numbers)
    }
    return numbers
  }
}

function ms(ns: number): string {
  return String(Math.round(ns / 1e3) / 1e3)
}
