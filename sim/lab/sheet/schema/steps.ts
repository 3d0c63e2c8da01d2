import * as z from 'zod'
import { LATER_WORDS } from '../not-yet.ts'
import { duration, frequency, size } from './amount.ts'
import { balancingVerbs } from './balancing.ts'
import { changeVerbs } from './changes.ts'
import { onlyKey, word } from './choice.ts'
import { address } from './drawing.ts'
import { faultVerbs } from './faults.ts'
import { formOf } from './form.ts'
import { dontFragment } from './dont-fragment.ts'
import { ledBy } from './led.ts'
import { headers, operations } from './programs.ts'
import { replayVerb } from './replay.ts'
import { senders } from './senders.ts'
import { flag, isMap, port, reading, shape, text, whole } from './shape.ts'
import { synFloodVerb } from './syn-flood.ts'

/** `steps` (sheet language §1.7): an instant, an actor where needed, one verb, options. */

const instant = {
  at: duration.optional(),
  after: text.optional(),
  wait: duration.optional(),
  name: text.optional(),
  note: text.optional(),
}

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

interface RawArrivals {
  readonly kind: 'constant' | 'poisson' | 'closed'
  readonly value: number
}

const ARRIVALS = { constant: frequency, poisson: frequency, closed: whole(1, 1_000_000) } as const

const arrivals: z.ZodType<RawArrivals, unknown> = reading(
  () => ({ anyOf: Object.entries(ARRIVALS).map(([key, one]) => onlyKey(key, formOf(one))) }),
  (value, { part, wrong }): RawArrivals | undefined => {
    const keys = isMap(value) ? Object.keys(value) : []
    const kind = keys[0]
    if (isMap(value) && (kind === 'constant' || kind === 'poisson' || kind === 'closed')) {
      if (keys.length === 1) {
        return { kind, value: part<number>(ARRIVALS[kind], value[kind], [kind]) ?? 0 }
      }
    }
    wrong('one of { constant: 1000/s }, { poisson: 1000/s }, { closed: 50 } is needed here')
    return undefined
  },
)

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
    sources: senders.optional(),
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
    sources: senders.optional(),
    size: size.optional(),
  }),
  'syn-flood': synFloodVerb(instant),
  flush: shape({ ...instant, flush: text }),
  sysctl: shape({
    ...instant,
    sysctl: z.record(z.string(), z.number({ error: 'a number is needed here' })),
    node: text,
  }),
  ...balancingVerbs(instant),
  ...changeVerbs(instant),
  ...faultVerbs(instant),
  replay: replayVerb(instant),
} as const

export type VerbName = keyof typeof VERBS

export type RawStep = {
  [V in VerbName]: { readonly verb: V } & z.output<(typeof VERBS)[V]>
}[VerbName]

const led = ledBy(VERBS, {
  whole: 'a step',
  part: 'verb',
  singular: 'verb',
  later: LATER_WORDS.verb,
  settings: Object.keys(traffic),
})

export const step: z.ZodType<RawStep, unknown> = reading(
  () => formOf(led),
  (value, { part }) => {
    const read = part(led, value)
    return read === undefined ? undefined : ({ verb: read.leader, ...read.fields } as RawStep)
  },
)
