import * as z from 'zod'
import { nearest } from '../nearest.ts'
import { headers, operations } from './programs.ts'
import { address } from './drawing.ts'
import {
  duration,
  flag,
  frequency,
  NOT_YET,
  parsed,
  passOn,
  port,
  shape,
  size,
  text,
  whole,
  word,
} from './shape.ts'
import { parseAddress, type Address } from '../../../wire/address.ts'

/** `steps` (sheet language §1.7): an instant, an actor where needed, one verb, options. */

const instant = {
  at: duration.optional(),
  after: text.optional(),
  wait: duration.optional(),
  name: text.optional(),
  note: text.optional(),
}

const dontFragment = z.unknown().transform((value, ctx) => {
  if (value === true) return 'always' as const
  if (value === false) return 'never' as const
  const result = word(['when-it-fits', 'always', 'never']).safeParse(value)
  if (result.success) return result.data
  passOn(result.error, ctx, [])
  return z.NEVER
})

const traffic = {
  ...instant,
  from: text,
  times: whole(1, 1_000_000_000).optional(),
  every: duration.optional(),
  timeout: duration.optional(),
  'source-port': port.optional(),
  source: address.optional(),
  ttl: whole(1, 255).optional(),
  'dont-fragment': dontFragment.optional(),
}

const request = { headers: headers.optional(), 'keep-alive': flag.optional() }

const arrivals = z.unknown().transform((value, ctx) => {
  const kinds = { constant: frequency, poisson: frequency, closed: whole(1, 1_000_000) }
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const keys = isMap ? Object.keys(value) : []
  const kind = keys[0] as keyof typeof kinds | undefined
  if (keys.length !== 1 || kind === undefined || !(kind in kinds)) {
    const message =
      'one of { constant: 1000/s }, { poisson: 1000/s }, { closed: 50 } is needed here'
    ctx.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  const result = kinds[kind].safeParse((value as Record<string, unknown>)[kind])
  if (result.success) return { kind, value: result.data }
  passOn(result.error, ctx, [kind])
  return z.NEVER
})

const sources = parsed((value): [Address, Address] | Error => {
  const [first, last, more] = value.split('-').map((part) => parseAddress(part))
  if (first === undefined || last === undefined || more !== undefined) {
    return new Error(`'${value}' is no range of addresses; write FIRST-LAST`)
  }
  return [first, last]
}, 'a range of addresses such as 10.0.0.1-10.0.0.9')

/** Each verb of this version with its keys. */
export const VERBS = {
  get: shape({ ...traffic, ...request, get: text }),
  post: shape({ ...traffic, ...request, post: text, body: text.optional(), size: size.optional() }),
  connect: shape({ ...traffic, connect: text, do: operations.optional() }),
  continue: shape({ ...instant, continue: text, do: operations }),
  datagram: shape({
    ...traffic,
    datagram: text,
    size: size.optional(),
    text: text.optional(),
    answers: whole(0, 1_000_000).optional(),
  }),
  ping: shape({ ...traffic, ping: text, size: size.optional(), id: whole(1, 65535).optional() }),
  resolve: shape({
    ...traffic,
    resolve: text,
    type: word(['A', 'AAAA']).optional(),
    id: whole(0, 65535).optional(),
  }),
  load: shape({
    ...traffic,
    load: text,
    arrivals,
    for: duration,
    sources: sources.optional(),
    size: size.optional(),
  }),
  flush: shape({ ...instant, flush: text }),
  sysctl: shape({
    ...instant,
    sysctl: z.record(z.string(), z.number({ error: 'a number is needed here' })),
    node: text,
  }),
} as const

export type VerbName = keyof typeof VERBS
export const VERB_NAMES: readonly VerbName[] = Object.keys(VERBS) as VerbName[]

const LATER_VERBS = [
  'syn-flood',
  'job',
  'restart',
  'add',
  'remove',
  'set',
  'reconfigure',
  'readdress',
  'page',
  'crash',
  'stop',
  'hang',
  'cut',
  'impair',
  'announce',
  'replay',
]

export type RawStep = {
  [V in VerbName]: { readonly verb: V } & z.output<(typeof VERBS)[V]>
}[VerbName]

export const step: z.ZodType<RawStep, unknown> = z.unknown().transform((value, ctx): RawStep => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    ctx.addIssue({ code: 'custom', message: 'a map is needed here: an instant and one verb' })
    return z.NEVER
  }
  const keys = Object.keys(value)
  const verbs = VERB_NAMES.filter((verb) => keys.includes(verb))
  const later = LATER_VERBS.find((verb) => keys.includes(verb))
  if (verbs.length === 0 && later !== undefined) {
    ctx.addIssue({ code: 'custom', message: `'${later}' ${NOT_YET}`, path: [later] })
    return z.NEVER
  }
  if (verbs.length !== 1) {
    ctx.addIssue({ code: 'custom', message: verbProblem(verbs, keys) })
    return z.NEVER
  }
  const verb = verbs[0]!
  const result = VERBS[verb].safeParse(value)
  if (result.success) return { verb, ...result.data } as RawStep
  passOn(result.error, ctx, [])
  return z.NEVER
})

function verbProblem(verbs: readonly string[], keys: readonly string[]): string {
  if (verbs.length > 1) return `a step has one verb, and here are ${verbs.join(' and ')}`
  for (const key of keys) {
    const near = key in { ...instant, ...traffic } ? undefined : nearest(key, VERB_NAMES)
    if (near !== undefined) return `'${key}' is no verb; did you mean '${near}'?`
  }
  return `a step needs one verb: ${VERB_NAMES.join(', ')}`
}
