import type { Explanation, Link } from '../../show/explanation.ts'
import { SENT } from '../../trace/index.ts'
import { type Relation, RELATIONS, RESOLVES } from '../../wire/frame.ts'
import { choosersOf } from '../choosers.ts'
import { Run, type RunOptions } from '../run.ts'
import type { Sheet } from '../sheet/types.ts'
import { Kinship } from './kinship.ts'
import { type Names, staysOf, wayOf } from './stays.ts'
import { type Bystander, type Testimony, Witness } from './witness.ts'

/** Servers of a service that are named. */
const MOST_NAMES = 6

/**
 * Why frame `number` (as the ladder and the capture of all interfaces count) is as it is: its
 * journey, what was changed on it, and what it has to do with other packets. Runs the sheet twice:
 * once to find out which frames belong together, once to keep what happens to them; so memory grows
 * with the journey and not with the run. A sentence when there is no such frame.
 */
export function explain(
  sheet: Sheet,
  number: number,
  options: RunOptions = {},
): Explanation | string {
  const first = new Run(sheet, options)
  const kinship = new Kinship(first.places, number)
  kinship.listen(first.trace)
  while (!first.advance());
  const kin = kinship.kin()
  const { frames } = kinship
  if (kin === undefined) return noSuchFrame(number, frames)
  const again = new Run(sheet, options)
  const witness = new Witness(kin, again.places)
  witness.listen(again.trace)
  while (!again.advance());
  const { journey, linked } = witness
  const asked = journey.find((each) => each.number === number)!
  const { timeNs, place, kind } = asked.entry
  return {
    title: sheet.title,
    frame: number,
    frames,
    timeNs,
    place: again.places.name(place),
    direction: kind === SENT ? 'out' : 'in',
    text: asked.text,
    stays: staysOf(journey, wayOf(journey, asked.entry.frameId), linked, namesOf(sheet, again)),
    links: linksOf(journey, linked, kin.origin, again),
  }
}

function noSuchFrame(number: number, frames: number): string {
  if (frames === 0) return `frame ${number} is not in this run; it has no frames at all`
  return `frame ${number} is not in this run; its frames are 1 to ${frames}`
}

function namesOf(sheet: Sheet, run: Run): Names {
  const choosers = choosersOf(sheet)
  return {
    places: run.places,
    rules: run.rules(),
    decision: (number, server, manner) => {
      const chooser = choosers[number]
      const chosen = chooser?.servers[server] ?? `server ${server}`
      if (chooser?.rule !== undefined) return `new: ${chooser.rule} chose ${chosen}`
      const { name, manners = [], servers = [] } = chooser ?? {}
      const how = manners[manner] ?? ''
      const rest = servers.length - MOST_NAMES
      const few = rest > 0 ? [...servers.slice(0, MOST_NAMES), `${rest} more`] : servers
      return `new to service ${name}: of ${few.join(', ')} ${how} chose ${chosen}`
    },
    note: (node) => sheet.plan.nodes[node]?.note,
  }
}

/** Whether it is ARP or neighbour discovery, whose questions are answered and not resolved. */
function asksForMac(octets: Uint8Array | undefined): boolean {
  if (octets === undefined || octets.length < 55) {
    return octets !== undefined && octets[12] === 0x08 && octets[13] === 0x06
  }
  const isIcmpv6 = octets[12] === 0x86 && octets[13] === 0xdd && octets[20] === 58
  return isIcmpv6 && octets[54]! >= 133 && octets[54]! <= 137
}

function linksOf(
  journey: readonly Testimony[],
  linked: ReadonlyMap<number, Bystander>,
  origin: number,
  run: Run,
): Link[] {
  const links: Link[] = []
  const sent = journey.find(({ entry }) => entry.kind === SENT)?.entry.octets
  const add = (bystander: Bystander, relation: number, follows: boolean): void => {
    const { entry, number, text } = bystander
    const { timeNs, place, octets } = entry
    const asked = follows ? sent : octets
    const name = relation === RESOLVES && asksForMac(asked) ? 'answers' : RELATIONS[relation]!
    if (!isLink(name)) return
    links.push({
      relation: name,
      follows,
      timeNs,
      place: run.places.name(place),
      number,
      text,
    })
  }
  const before = linked.get(origin)
  const root = journey.find(({ entry }) => entry.cause === origin)
  if (before !== undefined && root !== undefined) add(before, root.entry.relation, false)
  for (const [id, bystander] of linked) {
    if (id !== origin) add(bystander, bystander.entry.relation, true)
  }
  return links
}

function isLink(name: Relation): name is Link['relation'] {
  return ['retransmit', 'resolves', 'reports', 'answers', 'proxied'].includes(name)
}
