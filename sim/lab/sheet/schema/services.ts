import * as z from 'zod'
import { type Endpoint, parseEndpoint } from '../../../wire/address.ts'
import { flag, listOf, notYet, parsed, shape, text, whole, word } from './shape.ts'

/** `services.NAME` (sheet language §1.5). */

const vip = parsed(
  (value): Endpoint | Error =>
    parseEndpoint(value) ??
    new Error(`'${value}' is no virtual address; write ADDRESS:PORT/tcp, or ADDRESS alone`),
  'a virtual address such as 199.237.202.124:80/tcp',
)

const server = z.unknown().transform((value, ctx): RawServer => {
  const result = serverMap.safeParse(typeof value === 'string' ? { server: value } : value)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const path = typeof value === 'string' ? [] : (issue.path as (string | number)[])
    const keys = issue.code === 'unrecognized_keys' ? { params: { keys: issue.keys } } : {}
    ctx.addIssue({ code: 'custom', message: issue.message, path, ...keys })
  }
  return z.NEVER
})

const serverMap = shape({
  server: text,
  weight: whole(0, 65535).optional(),
  priority: notYet(),
  'upper-threshold': notYet(),
  'lower-threshold': notYet(),
  standby: notYet(),
  tunnel: notYet(),
  note: text.optional(),
})
type RawServer = z.output<typeof serverMap>

const oneOrMoreVips = z.unknown().transform((value, ctx): Endpoint[] => {
  const list = Array.isArray(value) ? value : [value]
  const vips: Endpoint[] = []
  for (const [i, item] of list.entries()) {
    const result = vip.safeParse(item)
    if (result.success) vips.push(result.data)
    else {
      const path = Array.isArray(value) ? [i] : []
      ctx.addIssue({ code: 'custom', message: result.error.issues[0]!.message, path })
    }
  }
  return vips
})

const balancer = z.unknown().transform((value, ctx): string => {
  if (typeof value === 'string') return value
  const message = Array.isArray(value)
    ? 'several balancers of one service are not in this version yet'
    : 'the name of a machine is needed here'
  ctx.addIssue({ code: 'custom', message })
  return z.NEVER
})

const LATER_FORWARDS = ['snat', 'full-nat', 'direct', 'l2', 'tunnel', 'proxy', 'local']
const LATER_SCHEDULES = [
  'weighted-round-robin',
  'least-connections',
  'weighted-least-connections',
  'shortest-delay',
  'never-queue',
  'source-hash',
  'destination-hash',
  'maglev',
  'locality',
  'locality-replicated',
  'fail-over',
  'overflow',
  'two-choices',
  'smooth-round-robin',
  'fastest',
  'observed',
  'predictive',
  'ring-hash',
  'rendezvous',
  'random',
]

/** A word or a map with that word as only key, as a word: none of today's choices has settings. */
function onlyWord<const W extends readonly [string, ...string[]]>(
  words: W,
  later: readonly string[],
): z.ZodType<W[number], unknown> {
  const plain = word(words, later)
  return z.unknown().transform((value, ctx): W[number] => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    const result = plain.safeParse(isMap ? Object.keys(value)[0] : value)
    if (result.success && !isMap) return result.data
    const message = result.success
      ? `'${result.data}' has no settings; write the word alone`
      : result.error.issues[0]!.message
    ctx.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

export const service = shape({
  balancer,
  vip: oneOrMoreVips,
  interface: text.optional(),
  forward: onlyWord(['dnat'], LATER_FORWARDS),
  schedule: onlyWord(['round-robin'], LATER_SCHEDULES).optional(),
  servers: listOf(server),
  'one-packet': flag.optional(),
  groups: notYet(),
  health: z
    .unknown()
    .superRefine((value, ctx) => {
      if (value === undefined || value === 'none') return
      ctx.addIssue({ code: 'custom', message: 'health checks are not in this version yet' })
    })
    .optional(),
  'when-down': notYet(),
  persist: z
    .unknown()
    .superRefine((value, ctx) => {
      if (value === undefined || value === 'none') return
      ctx.addIssue({ code: 'custom', message: 'persistence is not in this version yet' })
    })
    .optional(),
  sorry: notYet(),
  quorum: notYet(),
  panic: notYet(),
  'slow-start': notYet(),
  pools: notYet(),
  http: notYet(),
  tls: notYet(),
  buffer: notYet(),
  'proxy-protocol': notYet(),
  helper: notYet(),
  note: text.optional(),
})

export type RawService = z.output<typeof service>
