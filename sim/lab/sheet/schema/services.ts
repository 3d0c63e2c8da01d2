import type * as z from 'zod'
import { type Endpoint, parseAddress, parseEndpoint } from '../../../wire/address.ts'
import { PERSISTENCES } from '../../../balancer/persist/index.ts'
import { LATER_KEYS, LATER_WORDS } from '../not-yet.ts'
import { duration } from './amount.ts'
import { type Chosen, choice, type Kind } from './choice.ts'
import { formOf } from './form.ts'
import { health } from './health.ts'
import { forward } from './forward.ts'
import { schedule } from './schedule.ts'
import { changingKeys, sorry } from './service-keys.ts'
import { flag, listOf, oneOrMore, parsed, reading, shape, text, whole } from './shape.ts'

/** `services.NAME` (sheet language §1.5). */

const vip = parsed(
  (value): Endpoint | Error => parseEndpoint(value) ?? noVirtualAddress(value),
  'a virtual address such as 199.237.202.124:80/tcp',
)

function noVirtualAddress(value: string): Error {
  const [, address, first, last] = /^(.+):(\d+)(?:-(\d+))?(?:\/\w+)?$/.exec(value) ?? []
  const whole = address?.replace(/^\[|\]$/g, '')
  if (whole === undefined || parseAddress(whole) === undefined) {
    return new Error(`'${value}' is no virtual address; write ADDRESS:PORT/tcp, or ADDRESS alone`)
  }
  if (first === '0') return new Error(`for every port write the address alone: ${whole}`)
  if (last !== undefined && Number(last) < Number(first)) {
    return new Error(`'${value}': the range of ports runs backwards; write ${last}-${first}`)
  }
  return new Error(`'${value}': write a port from 1 to 65535 and /tcp or /udp behind it`)
}

/** Weight and thresholds of a server. */
export const serverBounds = {
  weight: whole(0, 65535).optional(),
  'upper-threshold': whole(1, 4294967295)
    .describe('connections at which the server gets no more')
    .optional(),
  'lower-threshold': whole(1, 4294967295)
    .describe('connections below which it gets some again; 3/4 of the upper when left out')
    .optional(),
}

/** Its place among the groups. */
export const serverRank = {
  priority: whole(1, 65535).describe('its group; the highest comes first').optional(),
  standby: flag.describe('it gets something only while nobody else is up').optional(),
}

const serverMap = shape(
  {
    server: text.describe('MACHINE:PORT; the VIP’s port when left out'),
    ...serverBounds,
    ...serverRank,
    note: text.optional(),
  },
  LATER_KEYS.server,
)
export type RawServer = z.output<typeof serverMap>

const server: z.ZodType<RawServer, unknown> = reading(
  () => ({ anyOf: [{ type: 'string' }, formOf(serverMap)] }),
  (value, { part }) => (typeof value === 'string' ? { server: value } : part(serverMap, value)),
)

const vips = oneOrMore(vip, () => formOf(vip))

const balancer: z.ZodType<string, unknown> = reading(
  () => ({ type: 'string' }),
  (value, { wrong }) => {
    if (typeof value === 'string') return value
    wrong(
      Array.isArray(value)
        ? 'several balancers of one service are not in this version yet'
        : 'the name of a machine is needed here',
    )
    return undefined
  },
)

/** Bits of an address; a mask as ipvsadm writes it is answered by its length. */
const bits: z.ZodType<number, unknown> = reading(
  () => formOf(whole(0, 128)),
  (value, { part, wrong }) => {
    const mask = typeof value === 'string' ? parseAddress(value) : undefined
    if (mask?.family !== 4) return part(whole(0, 128), value)
    wrong(`bits of the address are counted here; write ${Math.clz32(~mask.v4)}`)
    return undefined
  },
)

const persistSettings = shape({
  timeout: duration
    .describe('how long a choice is remembered after the last new connection')
    .optional(),
  mask: bits.describe('bits of the address that count; all of them').optional(),
})
export type RawPersistSettings = z.output<typeof persistSettings>

/** `none`, or what keeps connections together. */
const persist: z.ZodType<Chosen, unknown> = choice(
  {
    none: { bare: true },
    ...Object.fromEntries(
      PERSISTENCES.map(({ name }): [string, Kind] => [
        name,
        { bare: true, settings: persistSettings },
      ]),
    ),
  },
  LATER_WORDS.persist,
)

/** What a step may change of a running service. */
export const reconfigurable = {
  forward: forward.optional().describe('How packets of new connections come to a server'),
  schedule: schedule.optional().describe('How a server is chosen from now on'),
  'one-packet': flag.optional(),
  health: health.optional().describe('How the balancer finds out from now on who lives'),
  persist: persist.optional().describe('What brings new clients to the server they had before'),
  ...changingKeys,
}

export const service = shape(
  {
    balancer,
    vip: vips,
    interface: text.optional(),
    forward,
    schedule: schedule.optional(),
    servers: listOf(server),
    'one-packet': flag.optional(),
    health: health.optional(),
    persist: persist.optional(),
    sorry,
    ...changingKeys,
    note: text.optional(),
  },
  LATER_KEYS.service,
)

export type RawService = z.output<typeof service>
