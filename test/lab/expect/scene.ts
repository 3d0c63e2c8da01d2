import type { InterfacePlan, NodePlan, Plan } from '../../../topology/plan.ts'
import { Lookout } from '../../../sim/lab/expect/lookout.ts'
import { Detective } from '../../../sim/lab/expect/inquiry.ts'
import type { LineContext } from '../../../sim/lab/expect/line.ts'
import { StreamStarts } from '../../../sim/lab/expect/streams.ts'
import type { Watch } from '../../../sim/lab/expect/watch.ts'
import { parsePacketLine } from '../../../sim/lab/sheet/packet-line.ts'
import type { PacketLine } from '../../../sim/lab/sheet/types.ts'
import type { Evidence } from '../../../sim/lab/verdict.ts'
import { BORN, Places, RECEIVED, SENT, Trace } from '../../../sim/trace/index.ts'
import { parseIpv4 } from '../../../sim/wire/address.ts'
import { AddressBook } from '../../../sim/wire/address-book.ts'
import { type Frame, FramePool } from '../../../sim/wire/frame.ts'

/** Machines of the scene and their interfaces: the inline drawing with one server. */
const MACHINES: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['client', [['eth0', '207.17.117.20']]],
  [
    'router',
    [
      ['internet', '207.17.117.1'],
      ['dmz', '199.237.202.1'],
    ],
  ],
  [
    'lb',
    [
      ['outside', '199.237.202.2'],
      ['inside', '172.16.20.254'],
    ],
  ],
  ['rs1', [['eth0', '172.16.20.1']]],
  ['rs2', [['eth0', '172.16.20.2']]],
]

function interfacePlan(node: number, name: string, index: number, address: string): InterfacePlan {
  return {
    name,
    index,
    loopback: false,
    network: 0,
    addresses: [{ address: { family: 4, v4: parseIpv4(address)! }, length: 24 }],
    mac: 0x0200_0000_0000 + (node + 1) * 256 + index - 1,
    mtu: 1500,
  }
}

export const PLAN: Plan = {
  title: 'test',
  names: [],
  networks: [],
  nodes: MACHINES.map(
    ([name, interfaces], index): NodePlan => ({
      name,
      index,
      role: 'host',
      interfaces: interfaces.map(([each, address], i) =>
        interfacePlan(index, each, i + 1, address),
      ),
      routes: [],
      sysctl: {},
      neighbours: [],
      resolver: undefined,
      cores: Infinity,
      wakeNs: 50_000,
      timeWaitNs: 60_000_000_000,
      note: undefined,
    }),
  ),
}

/** `rs1.eth0 in S ...` as the reader of sheets makes it. */
export function line(text: string): PacketLine {
  const parsed = parsePacketLine(text)
  if ('problem' in parsed) throw new Error(`${text}: ${parsed.problem}`)
  return { ...parsed, text, line: 1, column: 1 }
}

export const BASE = { index: 0, why: undefined, line: 1, column: 1 }

/** A stage for watchers: frames pass where the test says, without machines. */
export class Scene {
  readonly places: Places = new Places()
  readonly context: LineContext
  readonly trace: Trace
  readonly pool: FramePool = new FramePool(1514)
  private readonly clock = { now: 0 }
  private readonly lookout: Lookout

  constructor() {
    this.trace = new Trace(this.clock)
    for (const [name, interfaces] of MACHINES) {
      const index = PLAN.nodes.findIndex((node) => node.name === name)
      this.places.add(name, index, undefined)
      for (const [iface] of interfaces) this.places.add(name, index, iface)
    }
    const addresses = new AddressBook()
    this.lookout = new Lookout(addresses)
    this.context = { plan: PLAN, places: this.places, addresses, streams: new StreamStarts() }
  }

  listen(...watches: Watch[]): this {
    for (const watch of watches) watch.listen({ trace: this.trace, lookout: this.lookout })
    this.lookout.listen(this.trace)
    return this
  }

  frame(octets: Uint8Array, of?: Frame, relation = 0): Frame {
    const frame = this.pool.take()
    frame.bytes.set(octets, frame.start)
    frame.end = frame.start + octets.length
    frame.cause = of?.id ?? 0
    frame.relation = relation
    if ((this.trace.mask & BORN) !== 0) this.trace.emit(BORN, 0, frame, 0, 0, 0)
    return frame
  }

  /** Lets a frame pass: `lb.inside out`, at so many nanoseconds. */
  pass(where: string, octets: Uint8Array | Frame, timeNs = this.clock.now): Frame {
    const [name, direction] = where.split(' ') as [string, string]
    const frame = octets instanceof Uint8Array ? this.frame(octets) : octets
    this.clock.now = timeNs
    const kind = direction === 'out' ? SENT : RECEIVED
    this.trace.emit(kind, this.places.find(name)!, frame, 0, 0, 0)
    return frame
  }
}

/** Plays a script twice: once to judge, once more to find the frame that explains the misfit. */
export function explain(
  make: (context: LineContext) => Watch,
  play: (scene: Scene) => void,
): { problem: string | undefined; expected: string | undefined; evidence: Evidence | undefined } {
  const first = new Scene()
  const watch = make(first.context)
  play(first.listen(watch))
  const misfit = watch.misfit()
  const again = new Scene()
  const second = make(again.context)
  const inquiry = misfit?.clue === undefined ? undefined : second.inquiry?.(misfit.clue)
  const describe = (): string => 'frame'
  const detective = new Detective(
    inquiry === undefined ? [] : [inquiry],
    again.context,
    ['service web: chose rs1'],
    describe,
    again.context.streams,
  )
  detective.listen(again.trace)
  play(again.listen(second))
  return { problem: misfit?.problem, expected: misfit?.expected, evidence: detective.evidence()[0] }
}
