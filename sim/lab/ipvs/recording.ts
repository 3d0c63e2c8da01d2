import * as z from 'zod'
import { type Address, formatAddress, parseAddress, parseEndpoint } from '../../wire/address.ts'

const address = z.string().transform((text, context): Address => {
  const parsed = parseAddress(text)
  if (parsed !== undefined) return parsed
  context.addIssue({ code: 'custom', message: `'${text}' is no address` })
  return z.NEVER
})

const server = z
  .object({
    addr: z.string(),
    weight: z.int().min(0).optional(),
    upper: z.int().min(0).optional(),
    lower: z.int().min(0).optional(),
  })
  .transform(({ addr: name, ...bounds }, context) => {
    const addr = parseAddress(name)
    if (addr !== undefined) return { name, addr, ...bounds }
    context.addIssue({ code: 'custom', message: `'${name}' is no address`, path: ['addr'] })
    return z.NEVER
  })

const client = z.object({ saddr: address, sport: z.int() })
const opened = z.object({ ...client.shape, daddr: address, dport: z.int() })
const counts = z.record(z.string(), z.tuple([z.int(), z.int()]).nullable())

const event = z.object({
  /** A new connection. */
  open: opened.optional(),
  /** The client closes, then the server. */
  close: client.optional(),
  reset: client.optional(),
  add: server.optional(),
  edit: server.optional(),
  del: z.object({ addr: address }).optional(),
  /** Seconds in which nothing happens. */
  sleep: z.number().min(0).optional(),
  /** Whom the kernel gave the connection; null for nobody. */
  chosen: z.string().nullable().optional(),
  /** Active and inactive connections of each server after the event. */
  counts: counts.optional(),
})

/** Schedulers of the kernel by what a sheet calls them. */
export const IPVS_NAMES: Readonly<Record<string, string>> = {
  rr: 'round-robin',
  wrr: 'weighted-round-robin',
  lc: 'least-connections',
  wlc: 'weighted-least-connections',
  sed: 'shortest-delay',
  nq: 'never-queue',
  sh: 'source-hash',
  dh: 'destination-hash',
  mh: 'maglev',
  lblc: 'locality',
  lblcr: 'locality-replicated',
  fo: 'fail-over',
  ovf: 'overflow',
  twos: 'two-choices',
}

const FLAGS = ['sh-port', 'sh-fallback', 'mh-port', 'mh-fallback']

const recording = z.object({
  scheduler: z.string().refine((name) => name in IPVS_NAMES, {
    error: ({ input }) => `'${String(input)}' is no scheduler of IPVS`,
  }),
  /** Such as `mh-fallback,mh-port`. */
  flags: z
    .string()
    .optional()
    .transform((text) => (text === undefined || text === '' ? [] : text.split(',')))
    .refine((flags) => flags.every((flag) => FLAGS.includes(flag)), {
      error: `known flags are ${FLAGS.join(', ')}`,
    }),
  /** `199.237.202.124:80 tcp`, or words about a firewall mark. */
  service: z.string().optional(),
  servers: z.array(server),
  /** The order in which the kernel scans: the one added last is first. */
  kernelListOrder: z.array(z.string()).optional(),
  events: z.array(event),
})

/** What a real kernel did: servers as configured, then what happened and whom it chose. */
export type Recording = z.infer<typeof recording>
export type RecordedEvent = z.infer<typeof event>
export type RecordedServer = z.infer<typeof server>

/** Reads a recording; a string says what is wrong with it and where. */
export function readRecording(data: unknown): Recording | string {
  const result = recording.safeParse(data)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const where = issue.path.map((part) => String(part)).join('.')
  return where === '' ? issue.message : `${where}: ${issue.message}`
}

/** An address in the one way of writing it: IPv6 may be recorded in several. */
export function oneSpelling(text: string): string {
  const parsed = parseAddress(text)
  return parsed === undefined ? text : formatAddress(parsed)
}

/** Port of the service, 80 when it does not say. */
export function servicePort({ service }: Recording): number {
  const end = service === undefined ? undefined : parseEndpoint(service.replace(/ .*$/, ''))
  return end?.port ?? 80
}
