import { PROGRAMS } from '../../app/programs/index.ts'
import { VERBS } from '../../app/verbs/index.ts'
import { FORWARDERS } from '../../balancer/forward/index.ts'
import { HEALTH_CHECKS } from '../../balancer/health/index.ts'
import { SCHEDULERS } from '../../balancer/schedule/index.ts'
import { INVARIANTS } from '../../lab/index.ts'
import { DROP_WORDS } from '../../show/drop-words.ts'
import { DROPS } from '../../trace/index.ts'
import { NAMED_DRAWINGS } from '../../../topology/named.ts'
import { nearest } from '../../lab/sheet/nearest.ts'
import { CommandError, OK, USAGE } from '../exit.ts'
import { print } from '../terminal.ts'

interface Item {
  readonly name: string
  readonly sentence: string
  readonly source?: string
  readonly elsewhere?: readonly string[]
}

const INVARIANT_SENTENCES: Readonly<Record<string, string>> = {
  checksum: 'a second decoder finds every checksum and length of every frame right',
  leak: 'no frame at a client, of a flow that began at a virtual address, names a real server',
  unaccounted: 'each frame is delivered, consumed or dropped for a named reason',
  'port-clash':
    'no translated source is given to another while its owner is neither in TIME_WAIT nor CLOSE',
  'arp-silence': 'only its owner answers ARP for a virtual address',
  reordered: 'packets of one direction keep their order',
}

const LISTS: Readonly<Record<string, () => readonly Item[]>> = {
  schedulers: () => SCHEDULERS,
  forwarders: () => FORWARDERS,
  checks: () => HEALTH_CHECKS,
  programs: () => PROGRAMS,
  verbs: () => VERBS,
  drops: () => DROPS.map((name) => ({ name, sentence: DROP_WORDS[name] })),
  invariants: () => INVARIANTS.map((name) => ({ name, sentence: INVARIANT_SENTENCES[name] ?? '' })),
  topologies: () =>
    Object.entries(NAMED_DRAWINGS).map(([name, text]) => ({
      name,
      sentence: /^title: *(.*)$/m.exec(text)?.[1] ?? '',
    })),
}

/** `vipwire list WHAT`. */
export function list(what: string, options: { readonly json?: boolean | undefined }): number {
  const read = LISTS[what]
  if (read === undefined) {
    const known = Object.keys(LISTS)
    const near = nearest(what, known)
    const hint = near === undefined ? '' : `; did you mean '${near}'?`
    throw new CommandError(USAGE, `there is no list '${what}'; known: ${known.join(', ')}${hint}`)
  }
  const items = read()
  if (options.json === true) {
    const plain = items.map(({ name, sentence, source, elsewhere }) => ({
      name,
      sentence,
      source,
      elsewhere,
    }))
    print(JSON.stringify({ version: 1, [what]: plain }, null, 2))
    return OK
  }
  const width = Math.max(...items.map((item) => item.name.length))
  for (const { name, sentence, source, elsewhere } of items) {
    print(`${name.padEnd(width)}  ${sentence}`.trimEnd())
    if (source !== undefined) print(`${' '.repeat(width)}  from ${source}`)
    if (elsewhere !== undefined) print(`${' '.repeat(width)}  elsewhere: ${elsewhere.join(', ')}`)
  }
  return OK
}
