// One workload in a process of its own, so that CPU time and memory are its alone:
// `workload.js NAME SIZE capture|plain` prints one line of JSON.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRun, load, PcapWriter, reportVerdict, type Run, type Sink } from '../sim/index.ts'
import { RECEIVED, SENT } from '../sim/trace/kinds.ts'
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

const [, , name = '', sizeText = '', mode = 'plain'] = process.argv
const workload = WORKLOADS.find((each) => each.name === name)
if (workload === undefined) throw new Error(`no workload ${name}`)
const size = Number(sizeText)
const file = join('bench', `${name}.yaml`)
const text = workload.resize(readFileSync(file, 'utf8'), size)
const loaded = load({ file, text, read: () => undefined })
if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))

const run = createRun(loaded.sheet, { maxEvents: 1e9 })
const capture = mode === 'capture' ? new BalancerCapture(run, 'lb') : undefined
while (!run.advance());
capture?.close()
const verdict = run.finish()
const { user, system } = process.cpuUsage()
const cpuSeconds = (user + system) / 1e6
const expected = workload.hops(size)
const complete = Math.abs(verdict.hops - expected) <= Math.max(20, expected * 0.02)
if (!verdict.ok) console.error(reportVerdict(verdict))
if (!complete) console.error(`${name}: ${verdict.hops} hops, expected about ${expected}`)
console.log(
  JSON.stringify({
    name,
    capture: capture !== undefined,
    size,
    hops: verdict.hops,
    cpuSeconds,
    hopsPerCpuSecond: Math.round(verdict.hops / cpuSeconds),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    ok: verdict.ok && complete,
  }),
)
