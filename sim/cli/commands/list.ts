import { PROGRAMS } from '../../app/programs/index.ts'
import { VERBS } from '../../app/verbs/index.ts'
import { FORWARDERS } from '../../balancer/forward/index.ts'
import { HEALTH_CHECKS } from '../../balancer/health/index.ts'
import { PERSISTENCES } from '../../balancer/persist/index.ts'
import { SCHEDULERS } from '../../balancer/schedule/index.ts'
import { FIELD_TYPES, INVARIANTS } from '../../judge/index.ts'
import { TYPE_WORDS } from '../../filter/literal.ts'
import { jsonSchema } from '../../lab/sheet/json-schema.ts'
import { DROP_WORDS } from '../../show/drop-words.ts'
import { wrap } from '../../show/paint.ts'
import { DROPS } from '../../trace/index.ts'
import { NAMED_DRAWINGS } from '../../../topology/named.ts'
import { nearest } from '../../lab/sheet/nearest.ts'
import { CommandError, OK, USAGE } from '../exit.ts'
import { canvasFor, print } from '../terminal.ts'

interface Item {
  readonly name: string
  readonly sentence: string
  readonly source?: string
  readonly elsewhere?: readonly string[]
  /** More than the sentence, where that is not exact. */
  readonly definition?: string
}

const LISTS: Readonly<Record<string, () => readonly Item[]>> = {
  schedulers: () => SCHEDULERS,
  forwarders: () => FORWARDERS,
  checks: () => HEALTH_CHECKS,
  persistence: () => PERSISTENCES,
  programs: () => PROGRAMS,
  verbs: () => {
    const others = choicesOf('steps').filter(({ name }) =>
      VERBS.every((each) => each.name !== name),
    )
    return [...VERBS, ...others]
  },
  expectations: () => choicesOf('expect'),
  drops: () => DROPS.map((name) => ({ name, sentence: DROP_WORDS[name] })),
  invariants: () => INVARIANTS,
  topologies: () =>
    Object.entries(NAMED_DRAWINGS).map(([name, text]) => ({
      name,
      sentence: /^title: *(.*)$/m.exec(text)?.[1] ?? '',
    })),
  fields: () =>
    [...FIELD_TYPES].map(([name, type]) => ({
      name,
      sentence: `for filters: ${TYPE_WORDS[type]}`,
    })),
}

/** What the JSON Schema of sheets lets one choose from under a key: the kind, with its sentence. */
function choicesOf(key: 'steps' | 'expect'): Item[] {
  const { properties } = jsonSchema() as Form
  const { anyOf } = properties![key]!.items!
  return anyOf!.map((form): Item => {
    const name = form.required!.find((each) => each !== 'from')!
    const sentence = form.properties![name]!.description ?? ''
    return { name, sentence: sentence.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase()) }
  })
}

/** As much of a JSON Schema as is read here. */
interface Form {
  readonly description?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Form>>
  readonly items?: Form
  readonly anyOf?: readonly Form[]
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
    const plain = items.map(({ name, sentence, source, elsewhere, definition }) => ({
      name,
      sentence,
      source,
      elsewhere,
      definition,
    }))
    print(JSON.stringify({ version: 1, [what]: plain }, null, 2))
    return OK
  }
  const width = Math.max(...items.map((item) => item.name.length))
  const columns = canvasFor({}).width
  for (const { name, sentence, source, elsewhere, definition } of items) {
    print(`${name.padEnd(width)}  ${sentence}`.trimEnd())
    if (source !== undefined) print(`${' '.repeat(width)}  from ${source}`)
    for (const line of definition === undefined ? [] : wrap(definition, columns - width - 4)) {
      print(`${' '.repeat(width)}    ${line}`)
    }
    const names = elsewhere === undefined ? '' : `elsewhere: ${elsewhere.join(', ')}`
    for (const line of names === '' ? [] : wrap(names, columns - width - 2)) {
      print(`${' '.repeat(width)}  ${line}`)
    }
  }
  return OK
}
