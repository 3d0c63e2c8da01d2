import { compile } from '../filter/index.ts'
import { Conversations, dissect, type PlainFrame, plainFrame } from '../judge/index.ts'
import { Describer, oneLine } from '../show/describe.ts'
import type { Explanation } from '../show/explanation.ts'
import { hopsOf } from '../show/hops.ts'
import { ladder } from '../show/ladder.ts'
import { ASCII, PLAIN, UNICODE } from '../show/paint.ts'
import { Journal, RECEIVED, SENT } from '../trace/index.ts'
import { capturedInterfaces, Recorder } from './recorder.ts'
import { Run, type RunOptions } from './run.ts'
import type { Sheet } from './sheet/types.ts'
import type { Verdict } from './verdict.ts'
import { explain } from './why/explain.ts'

/** One frame at one interface. */
export interface PlayedFrame {
  /** From 1, as the ladder, the capture of all interfaces and `why` count. */
  readonly number: number
  readonly timeNs: number
  /** `lb.inside`. */
  readonly place: string
  readonly direction: 'in' | 'out'
  readonly octets: Uint8Array
  /** In one line, as the ladder has it. */
  readonly text: string
  /** Decoded, with Wireshark's names; made anew by each call. */
  readonly decode: () => PlainFrame
}

/** How a ladder is drawn. */
export interface LadderLook {
  /** Columns, 120 unless given. */
  readonly width?: number
  readonly ascii?: boolean
}

/**
 * A sheet that is played whenever something about it is asked: each answer comes from a run of its
 * own, which is the same run, so nothing is kept that nobody wants. For a run of many millions of
 * frames listen to `createRun(sheet).trace` instead.
 */
export class Play {
  readonly sheet: Sheet
  private readonly options: RunOptions

  constructor(sheet: Sheet, options: RunOptions = {}) {
    this.sheet = sheet
    this.options = options
  }

  /** Whether everything held, and why not. */
  verdict(): Verdict {
    return this.run().finish()
  }

  /**
   * Every frame at every interface in the order of time, or those that a display filter of
   * Wireshark chooses. Throws a RangeError for a filter that cannot be read.
   */
  frames(filter?: string): PlayedFrame[] {
    const fits = filter === undefined ? () => true : this.filterOf(filter)
    const run = this.run()
    const { places, trace } = run
    const describer = new Describer()
    const found: PlayedFrame[] = []
    let number = 0
    trace.subscribe(SENT | RECEIVED, {
      event: (timeNs, kind, place, frame) => {
        if (!places.numbered[place] || frame === undefined) return
        number++
        const octets = frame.bytes.slice(frame.start, frame.end)
        const text = oneLine(describer.describe(octets))
        if (!fits(octets, place)) return
        const direction = kind === SENT ? 'out' : 'in'
        const decode = (): PlainFrame => plainFrame(dissect(octets, 0, octets.length))
        found.push({ number, timeNs, place: places.name(place), direction, octets, text, decode })
      },
    })
    while (!run.advance());
    return found
  }

  /** The ladder as text: machines side by side, a line for each frame on each wire. */
  ladder(look: LadderLook = {}): string {
    const run = this.run()
    const journal = new Journal()
    journal.listen(run.trace)
    while (!run.advance());
    const hops = hopsOf(journal.entries, run.places, run.rules(), run.formatAddress)
    const nodes = this.sheet.plan.nodes.map((node) => node.name)
    const signs = look.ascii === true ? ASCII : UNICODE
    return ladder(hops, nodes, { paint: PLAIN, signs, width: look.width ?? 120 }, hops.length).join(
      '\n',
    )
  }

  /**
   * The captures that `vipwire run -o` writes, by name: `all.pcapng` and a pcap for each interface,
   * such as `lb-inside.pcap`.
   */
  captures(): Map<string, Uint8Array> {
    const run = this.run()
    const interfaces = capturedInterfaces(run)
    const names = ['all.pcapng', ...interfaces.map((each) => `${each.replace('.', '-')}.pcap`)]
    const chunks = names.map((): Uint8Array[] => [])
    const sinks = chunks.map((list) => (chunk: Uint8Array): void => {
      list.push(chunk.slice())
    })
    const [all, ...single] = sinks
    const recorder = new Recorder(run, all!, single)
    recorder.listen()
    while (!run.advance());
    recorder.finish()
    return new Map(names.map((name, i) => [name, joined(chunks[i]!)]))
  }

  /**
   * Why a frame is as it is: its journey, each rewrite octet by octet, what it has to do with other
   * packets. Throws a RangeError for a number that no frame has.
   */
  why(number: number): Explanation {
    const explanation = explain(this.sheet, number, this.options)
    if (typeof explanation === 'string') throw new RangeError(explanation)
    return explanation
  }

  private run(): Run {
    return new Run(this.sheet, this.options)
  }

  private filterOf(text: string): (octets: Uint8Array, place: number) => boolean {
    const filter = compile(text)
    if ('problem' in filter) {
      throw new RangeError(`filter ${text}, column ${filter.column}: ${filter.problem}`)
    }
    // Relative numbers count from where each place saw a connection begin.
    const conversations = new Map<number, Conversations>()
    return (octets, place) => {
      const dissection = dissect(octets, 0, octets.length)
      if (filter.needsConversations) {
        const known = conversations.get(place) ?? new Conversations()
        conversations.set(place, known)
        known.annotate(dissection)
      }
      return filter.test(dissection)
    }
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
