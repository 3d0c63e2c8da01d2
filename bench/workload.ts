// One workload in a process of its own, so that CPU time and memory are its alone:
// `workload.js NAME SIZE plain|capture|unjudged` prints one line of JSON. CPU time is counted from
// the reading of the sheet on, once the modules are loaded, as the skeleton counts its own.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRun, load, PcapWriter, reportVerdict, type Run, type Sink } from '../sim/index.ts'
import { Patrol } from '../sim/judge/patrol.ts'
import { BY_TCP, BY_UDP, CONSUMED, RECEIVED, SENT } from '../sim/trace/kinds.ts'
import type { Frame } from '../sim/wire/frame.ts'
import { WORKLOADS } from './workloads.ts'

/** Writes what passes one machine's interfaces, at full length, into a file each. */
class BalancerCapture implements Sink {
  private readonly writers: (PcapWriter | undefined)[]
  private readonly files: number[] = []
  private readonly folder = mkdtempSync(join(tmpdir(), 'vipwire-bench-'))

  constructor(run: Run, node: string) {
    this.writers = run.places.list.map((place) => {
      if (place.node !== node || place.iface === undefined) return undefined
      const file = openSync(join(this.folder, `${node}-${place.iface}.pcap`), 'w')
      this.files.push(file)
      return new PcapWriter((chunk) => writeSync(file, chunk), 0)
    })
    run.trace.subscribe(SENT | RECEIVED, this)
  }

  event(timeNs: number, _kind: number, place: number, frame: Frame | undefined): void {
    this.writers[place]?.frame(timeNs, frame!.bytes, frame!.start, frame!.end)
  }

  close(): void {
    for (const writer of this.writers) writer?.flush()
    for (const file of this.files) closeSync(file)
    rmSync(this.folder, { recursive: true })
  }
}

/** Counts the octets of payload that servers have taken. */
class Deliveries implements Sink {
  octets = 0
  private readonly isServer: readonly boolean[]

  constructor(run: Run) {
    this.isServer = run.places.list.map(({ node }) => node.startsWith('rs'))
    run.trace.subscribe(CONSUMED, this)
  }

  event(_timeNs: number, _kind: number, place: number, frame: Frame | undefined, by: number): void {
    if (!this.isServer[place]! || frame === undefined) return
    const { view, network, end } = frame
    if (by === BY_UDP) this.octets += end - network - 28
    else if (by === BY_TCP)
      this.octets += end - network - 20 - (view.getUint8(network + 32) >> 4) * 4
  }
}

/** What the run costs without its judge, to see what the judge costs. */
function dismissJudge({ trace }: Run): void {
  const subscribe = trace.subscribe.bind(trace)
  trace.subscribe = (kinds, sink) => {
    if (!(sink instanceof Patrol)) subscribe(kinds, sink)
  }
}

const [, , name = '', sizeText = '', mode = 'plain'] = process.argv
const workload = WORKLOADS.find((each) => each.name === name)
if (workload === undefined) throw new Error(`no workload ${name}`)
const size = Number(sizeText)
const before = process.cpuUsage()
const file = join('bench', `${name}.yaml`)
const text = workload.resize(readFileSync(file, 'utf8'), size)
const loaded = load({ file, text, read: () => undefined })
if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))

const run = createRun(loaded.sheet, { maxEvents: 1e9 })
if (mode === 'unjudged') dismissJudge(run)
const deliveries = new Deliveries(run)
const capture = mode === 'capture' ? new BalancerCapture(run, 'lb') : undefined
while (!run.advance());
capture?.close()
const verdict = run.finish()
const { user, system } = process.cpuUsage(before)
const cpuSeconds = (user + system) / 1e6
const expected = workload.hops(size)
const delivered = deliveries.octets / workload.octetsEach
const complete =
  delivered === size && Math.abs(verdict.hops - expected) <= Math.max(20, expected * 0.02)
if (!verdict.ok) console.error(reportVerdict(verdict))
if (!complete) {
  console.error(`${name}: ${verdict.hops} hops, not ${expected}; ${delivered} of ${size} delivered`)
}
console.log(
  JSON.stringify({
    name,
    capture: capture !== undefined,
    size,
    hops: verdict.hops,
    delivered,
    cpuSeconds,
    hopsPerCpuSecond: Math.round(verdict.hops / cpuSeconds),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    ok: verdict.ok && complete,
  }),
)
