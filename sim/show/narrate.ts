import {
  DECIDED,
  DROPPED,
  type DropReason,
  DROPS,
  type Entry,
  type Places,
  SHIFTED,
  TURNED,
} from '../trace/index.ts'
import { Describer } from './describe.ts'
import { DROP_WORDS, USUAL_DROPS } from './drop-words.ts'
import { showTime, wrap } from './paint.ts'
import { shiftedSentence, turnedSentence } from './service-words.ts'

/** What a service and its servers are called. */
export interface ServiceNames {
  readonly name: string
  /** How it may come to a server, by the numbers of DECIDED events. */
  readonly manners: readonly string[]
  readonly servers: readonly string[]
  /** What decides, when it is a rule of `nat` and no service. */
  readonly rule?: string
}

/** Frames that get lost on a cable are not dropped by anybody. */
const ON_THE_WAY: ReadonlySet<string> = new Set<DropReason>(['lost', 'impaired'])

/** Sentences that are kept of a long run. */
const MOST = 40
const INDENT = '    '

/** One sentence for each decision of a balancer, each change of its mind, and each drop. */
export function narrate(
  entries: readonly Entry[],
  places: Places,
  services: readonly ServiceNames[],
  width: number,
): string[] {
  const describer = new Describer()
  const lines: string[] = []
  let said = 0
  const say = (line: string): void => {
    if (said++ >= MOST) return
    const [first = '', ...rest] = wrap(line, width - INDENT.length)
    lines.push(first, ...rest.map((part) => INDENT + part))
  }
  for (const entry of entries) {
    const { octets } = entry
    const chooser = services[entry.code]
    if (entry.kind === TURNED) {
      const server = chooser?.servers[entry.a] ?? `server ${entry.a}`
      const sentence = turnedSentence(server, chooser?.name ?? '?', entry.b)
      say(`${showTime(entry.timeNs)}: ${places.name(entry.place)} ${sentence}`)
    } else if (entry.kind === SHIFTED) {
      const sentence = shiftedSentence(chooser?.name ?? '?', entry.a, entry.b)
      say(`${showTime(entry.timeNs)}: ${places.name(entry.place)}: ${sentence}`)
    }
    if (octets === undefined) continue
    if (entry.kind === DECIDED) {
      const server = chooser?.servers[entry.a] ?? `server ${entry.a}`
      const client = describer.describe(octets).ends.split(' > ')[0]
      const where = places.name(entry.place)
      const rule = chooser?.rule ?? `service ${chooser?.name}: ${chooser?.manners[entry.b] ?? '?'}`
      say(`${showTime(entry.timeNs)}: ${where} chose ${server} for ${client} (${rule})`)
    } else if (entry.kind === DROPPED && !USUAL_DROPS.has(DROPS[entry.code])) {
      const { kind, ends } = describer.describe(octets)
      const reason = DROPS[entry.code]!
      const did = ON_THE_WAY.has(reason) ? 'lost' : 'dropped'
      const what = `${places.name(entry.place)} ${did} ${kind} ${ends}`
      say(`${showTime(entry.timeNs)}: ${what}: ${DROP_WORDS[reason]} (${reason})`)
    }
  }
  if (said > MOST) lines.push(`and ${said - MOST} more`)
  return lines
}
