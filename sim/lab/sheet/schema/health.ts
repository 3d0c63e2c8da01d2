import type * as z from 'zod'
import { LATER_WORDS } from '../not-yet.ts'
import { duration } from './amount.ts'
import { onlyKey, word } from './choice.ts'
import { formOf } from './form.ts'
import { isMap, port, reading, shape, text, whole } from './shape.ts'

/** `health` of a service (sheet language §1.5): one kind of check or several, with settings. */

const common = {
  every: duration.describe('from the beginning of one check to that of the next').optional(),
  tries: whole(1, 1000).describe('failures in a row that take a server out').optional(),
  timeout: duration.describe('how long an answer is waited for').optional(),
  retry: duration
    .describe('as every, while it is about to turn: it failed and is up, or works and is down')
    .optional(),
  down: duration.describe('as every, while the server is down').optional(),
  rise: whole(1, 1000).describe('successes in a row that take it in again').optional(),
}
const ports = { ...common, port: port.describe('another port than that of the server').optional() }

const kinds = {
  ping: shape(common),
  tcp: shape(ports),
  udp: shape({
    ...ports,
    silence: word(['up', 'down']).describe('what it means when nothing comes back').optional(),
  }),
  http: shape({
    ...ports,
    get: text.describe('path of the page').optional(),
    status: whole(100, 599).describe('the status it must have; any of 200 to 399').optional(),
    body: text.describe('a text that must be in the page').optional(),
    host: text.describe('name of the host in the request').optional(),
  }),
  dns: shape({ ...ports, name: text.describe('the name that is asked for').optional() }),
  ftp: shape(ports),
  smtp: shape(ports),
} as const
export type CheckName = keyof typeof kinds
export const CHECK_NAMES = Object.keys(kinds) as readonly CheckName[] as [CheckName, ...CheckName[]]

/** Keys of all kinds; each kind has some of them. */
export interface RawCheck {
  readonly kind: CheckName
  readonly every?: number | undefined
  readonly tries?: number | undefined
  readonly timeout?: number | undefined
  readonly retry?: number | undefined
  readonly down?: number | undefined
  readonly rise?: number | undefined
  readonly port?: number | undefined
  readonly silence?: 'up' | 'down' | undefined
  readonly get?: string | undefined
  readonly status?: number | undefined
  readonly body?: string | undefined
  readonly host?: string | undefined
  readonly name?: string | undefined
}

const kindWord = word(['none', ...CHECK_NAMES], LATER_WORDS.health)
const onlyKinds = word(CHECK_NAMES, LATER_WORDS.health)

export const health: z.ZodType<readonly RawCheck[], unknown> = reading(
  () => ({
    anyOf: [
      { enum: ['none', ...CHECK_NAMES] },
      ...CHECK_NAMES.map((kind) => onlyKey(kind, formOf(kinds[kind]))),
      {
        type: 'object',
        properties: Object.fromEntries(CHECK_NAMES.map((kind) => [kind, formOf(kinds[kind])])),
        additionalProperties: false,
        minProperties: 2,
      },
    ],
  }),
  (value, { part, wrong }) => {
    if (!isMap(value)) {
      const kind = part(kindWord, value)
      return kind === undefined || kind === 'none' ? [] : [{ kind }]
    }
    if (Object.keys(value).length === 0) wrong(`a check is needed here: ${CHECK_NAMES.join(', ')}`)
    return Object.entries(value).flatMap(([key, settings]): RawCheck[] => {
      const kind = part(onlyKinds, key, [])
      if (kind === undefined) return []
      const read = part<object>(kinds[kind] as z.ZodType<object, unknown>, settings ?? {}, [kind])
      return [{ kind, ...read }]
    })
  },
)
