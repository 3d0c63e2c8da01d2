import { DECIDED, DROPPED, DROPS, type Entry, type Places } from '../trace/index.ts'
import { Describer } from './describe.ts'
import { showTime } from './paint.ts'

/** What a service and its servers are called. */
export interface ServiceNames {
  readonly name: string
  readonly schedule: string
  readonly servers: readonly string[]
}

/** Drops that happen to every bystander and mean nothing. */
const USUAL = new Set(['not-for-this-mac', 'arp-not-for-us'])

/** Sentences that are kept of a long run. */
const MOST = 40

/** One sentence for each decision of a balancer and each drop, in order. */
export function narrate(
  entries: readonly Entry[],
  places: Places,
  services: readonly ServiceNames[],
): string[] {
  const describer = new Describer()
  const lines: string[] = []
  let more = 0
  const say = (line: string): void => {
    if (lines.length < MOST) lines.push(line)
    else more++
  }
  for (const entry of entries) {
    const { octets } = entry
    if (octets === undefined) continue
    if (entry.kind === DECIDED) {
      const service = services[entry.code]
      const server = service?.servers[entry.a] ?? `server ${entry.a}`
      const client = describer.describe(octets).ends.split(' > ')[0]
      const where = places.name(entry.place)
      const rule = `service ${service?.name}, ${service?.schedule}`
      say(`${showTime(entry.timeNs)}  ${where} gave ${client} to ${server} (${rule})`)
    } else if (entry.kind === DROPPED && !USUAL.has(DROPS[entry.code]!)) {
      const { kind, ends } = describer.describe(octets)
      const what = `${kind} ${ends}`
      say(
        `${showTime(entry.timeNs)}  ${places.name(entry.place)} dropped ${what}: ${DROPS[entry.code]}`,
      )
    }
  }
  if (more > 0) lines.push(`and ${more} more`)
  return lines
}
