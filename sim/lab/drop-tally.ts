import { dropCode, DROPPED, DROPS, type Places, type Sink, type Trace } from '../trace/index.ts'
import type { Frame } from '../wire/frame.ts'

/** Drops that belong to an ordinary run: a switch floods, machines ignore what is not for them. */
const ORDINARY: ReadonlySet<number> = new Set([
  dropCode('not-for-this-mac'),
  dropCode('arp-not-for-us'),
  dropCode('ndp-not-for-us'),
  dropCode('not-in-group'),
  dropCode('ipv6-disabled'),
  dropCode('switch-same-port'),
])

/** Counts the drops of a run by place and reason, for those who wonder where a packet went. */
export class DropTally implements Sink {
  private readonly places: Places
  private readonly counts = new Map<number, number>()

  constructor(places: Places) {
    this.places = places
  }

  listen(trace: Trace): void {
    trace.subscribe(DROPPED, this)
  }

  event(
    _timeNs: number,
    _kind: number,
    place: number,
    _frame: Frame | undefined,
    code: number,
  ): void {
    if (ORDINARY.has(code)) return
    const key = place * DROPS.length + code
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
  }

  /** `2 no-route at router`, in the order of their first occurrence. */
  lines(): string[] {
    return [...this.counts].map(([key, count]) => {
      const code = key % DROPS.length
      return `${count} ${DROPS[code]!} at ${this.places.name((key - code) / DROPS.length)}`
    })
  }
}
