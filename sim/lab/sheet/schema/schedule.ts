import type * as z from 'zod'
import type { ScheduleSettings } from '../../../balancer/schedule/index.ts'
import { SCHEDULERS } from '../../../balancer/schedule/index.ts'
import { SHARE } from '../units.ts'
import { duration, united } from './amount.ts'
import { type Chosen, choice, type Kind, word } from './choice.ts'
import { formOf } from './form.ts'
import { flag, isMap, reading, shape, whole } from './shape.ts'

/** `services.NAME.schedule` (sheet language §1.5): a scheduler, perhaps with settings. */

/** Slots of a lookup table at most (the kernel's largest is 131071). */
const MOST_SLOTS = 131_071

const slots: z.ZodType<number, unknown> = reading(
  () => formOf(whole(3, MOST_SLOTS)),
  (value, { part, wrong }) => {
    const count = part(whole(3, MOST_SLOTS), value)
    if (count !== undefined && !isPrime(count)) wrong(`${count} is no prime; 4093 and 65537 are`)
    return count
  },
)

function isPrime(count: number): boolean {
  for (let by = 2; by * by <= count; by++) if (count % by === 0) return false
  return true
}

const factor: z.ZodType<number, unknown> = reading(
  () => formOf(united(SHARE)),
  (value, { part, wrong }) => {
    const read = part(united(SHARE), value)
    if (read !== undefined && read < 1) {
      wrong(`with ${String(value)} of its share for each there is no room for all; write 125%`)
    }
    return read
  },
)

const port = flag.describe("the client's port counts too, not only its address").optional()
const fallback = flag.describe('a client whose server cannot take it goes to another').optional()
const boundedLoad = factor
  .describe('part of its fair share of connections that no server exceeds, such as 125%')
  .optional()
const per = word(['port', 'server'])
  .describe('whether the connections of one service port count, or those of its whole machine')
  .optional()

const SETTINGS = {
  'source-hash': shape({
    function: word(['ipvs', 'jhash', 'nginx', 'haproxy'])
      .describe('whose hash: ipvs, jhash as nftables has it, ip_hash of nginx, source of haproxy')
      .optional(),
    seed: whole(0, 4294967295).describe('what jhash begins with; 0').optional(),
    port,
    fallback,
  }),
  maglev: shape({
    port,
    fallback,
    slots: slots.describe('length of the table, a prime; 4093').optional(),
  }),
  'ring-hash': shape({
    function: word(['nginx', 'haproxy'])
      .describe('whose ring: ketama as nginx has it, or the nearest point as haproxy has it')
      .optional(),
    port,
    'bounded-load': boundedLoad,
  }),
  rendezvous: shape({ port, 'bounded-load': boundedLoad }),
  'least-connections': shape({ per }),
  'weighted-least-connections': shape({
    rule: word(['ipvs', 'nginx', 'haproxy'])
      .describe('who is taken among equals: the first (ipvs), or one after the other')
      .optional(),
    per,
  }),
  'smooth-round-robin': shape({
    rule: word(['nginx', 'haproxy']).describe('whose way of spreading turns').optional(),
  }),
  fastest: shape({
    forget: duration.describe('time after which a measurement counts half; 10s').optional(),
  }),
  observed: shape({ per }),
  predictive: shape({ per }),
} as const

/** Words of others for a choice by what a request says. */
const BY_REQUEST: readonly string[] = [
  'uri',
  'url-hash',
  'url_hash',
  'url_param',
  'hdr',
  'header-hash',
  'cookie-hash',
  'rdp-cookie',
  'least_time',
  'least-request',
  'url',
]

const kinds = Object.fromEntries(
  SCHEDULERS.map(({ name }): [string, Kind] => {
    const settings = (SETTINGS as Readonly<Record<string, z.ZodType>>)[name]
    return [name, settings === undefined ? { bare: true } : { bare: true, settings }]
  }),
)

const anySchedule = choice(kinds)

/** A scheduler with its settings; a word about requests is answered by what a connection shows. */
export const schedule: z.ZodType<Chosen, unknown> = reading(
  () => formOf(anySchedule),
  (value, { part, wrong }) => {
    const kind = isMap(value) ? Object.keys(value)[0] : value
    if (typeof kind !== 'string' || !BY_REQUEST.includes(kind)) return part(anySchedule, value)
    const problem = `'${kind}' chooses by what a request says, and no request has come when a`
    const cure = 'source-hash, ring-hash, rendezvous and maglev choose by the client'
    wrong(`${problem} connection is given to a server; ${cure}`)
    return undefined
  },
)

type RawSettings = Readonly<Record<string, unknown>>

/** Settings as a scheduler takes them. */
export function scheduleSettings(chosen: Chosen | undefined): ScheduleSettings {
  const raw = (chosen?.settings ?? {}) as RawSettings
  const { 'bounded-load': bound, forget, ...rest } = raw
  return {
    ...(rest as ScheduleSettings),
    ...(bound === undefined ? {} : { boundedLoad: bound as number }),
    ...(forget === undefined ? {} : { forgetNs: forget as number }),
  }
}
