import * as z from 'zod'
import { parseAddress, parseMac, parsePrefix, type Prefix } from '../../../wire/address.ts'
import { LATER_KEYS } from '../not-yet.ts'
import { duration, rate, share } from './amount.ts'
import { word } from './choice.ts'
import { formOf } from './form.ts'
import { flag, listOf, named, oneOrMore, parsed, reading, shape, text, whole } from './shape.ts'

/** `topology`: machines and networks (sheet language §1.3). */

const address = parsed(
  (value) =>
    parseAddress(value) ?? new Error(`'${value}' is no IP address; write it whole, as 172.16.20.1`),
  'an IP address',
)
export const prefix = parsed(
  (value): Prefix | Error => parsePrefix(value) ?? new Error(prefixProblem(value)),
  'an address with its prefix length, such as 172.16.20.1/24,',
)
export const mac = parsed(
  (value) => parseMac(value) ?? new Error(`'${value}' is no MAC; write it as "02:00:00:00:01:00"`),
  'a MAC in quotes',
)

function prefixProblem(value: string): string {
  const address = parseAddress(value)
  if (address !== undefined) {
    const length = address.family === 4 ? 24 : 64
    return `'${value}' has no prefix length; write ${value}/${length}`
  }
  return `'${value}' is no address with a prefix length, such as 172.16.20.1/24`
}

/** Keys of a link, of a whole network, one cable or a time of trouble. */
export const lane = {
  delay: duration.optional().describe('One way, from any member to any other'),
  jitter: duration.optional().describe('Added delay, uniform from 0'),
  rate: rate.optional().describe('Speed of each cable'),
  queue: whole(0, 1_000_000).optional().describe('Frames that wait behind the one being sent'),
  mtu: whole(68, 65535).optional().describe('Octets of IP that a frame may carry'),
  loss: share.optional().describe('Share of frames that get lost'),
  duplicate: share.optional().describe('Share of frames that arrive twice'),
  reorder: share
    .optional()
    .describe('Share of frames that take a detour as long as the delay (at least 100us)'),
  corrupt: share
    .optional()
    .describe('Share of frames with a wrong check sequence: the next port drops them'),
  'corrupt-after-fcs': share
    .optional()
    .describe('Share of frames in which a bit is flipped that only checksums can tell'),
}

const networkMap = shape({
  subnets: listOf(prefix).describe('Prefixes of the wire; several when subnets share it'),
  ...lane,
  wire: word(['cable', 'switch', 'hub']).optional().describe('By number of members when left out'),
  ports: z.array(text).optional().describe('Members in the order of plugging in'),
  cables: named(shape(lane)).optional().describe('What differs on one member’s cable'),
  note: text.optional(),
})

const interfaceMap = shape(
  {
    addresses: z.array(prefix).optional().describe('The first of a subnet is its primary'),
    network: text.optional().describe('Only when the address does not tell'),
    mac: mac.optional(),
    mtu: whole(68, 65535).optional(),
    note: text.optional(),
  },
  LATER_KEYS.interface,
)

/** A prefix as short form for `key: [prefix]`, or the whole map. */
function shortForm<T>(key: string, map: z.ZodType<T, unknown>): z.ZodType<T, unknown> {
  return reading(
    () => ({ anyOf: [{ type: 'string' }, formOf(map)] }),
    (value, { part, wrong }) => {
      if (typeof value !== 'string' && typeof value !== 'number') return part(map, value)
      const short = map.safeParse({ [key]: [value] })
      if (short.success) return short.data
      for (const issue of short.error.issues) wrong(issue.message)
      return undefined
    },
  )
}

const target = z.string({ error: 'a machine or an address is needed here' })
const gateway = oneOrMore(target, () => ({ type: 'string' }))

const nodeMap = shape(
  {
    interfaces: named(shortForm('addresses', interfaceMap)).describe(
      'By name; short form: one address',
    ),
    role: word(['host', 'server', 'router', 'balancer']).optional(),
    gateway: gateway.optional().describe('A machine, or an address'),
    routes: z.array(shape({ to: prefix, via: text.optional(), dev: text.optional() })).optional(),
    sysctl: z
      .record(z.string(), z.number({ error: 'a number is needed here' }))
      .optional()
      .describe('Linux names in full'),
    neighbours: z.record(z.string(), mac).optional().describe('Known and fresh at 0s'),
    cores: whole(1, 1024).optional(),
    resolver: shape({
      server: text,
      cache: flag.optional(),
      ttl: word(['obey', 'ignore', 'for-ever']).optional(),
      use: word(['first', 'any']).optional(),
    }).optional(),
    wake: duration.optional().describe('From what a program waits for until it goes on'),
    'time-wait': duration.optional().describe('How long a closed connection is remembered'),
    note: text.optional(),
  },
  LATER_KEYS.node,
)

export const drawing = shape({
  title: text.optional(),
  use: text.optional(),
  without: z.array(text).optional(),
  names: z.record(z.string(), address).optional().describe('Host file of every machine'),
  networks: named(shortForm('subnets', networkMap)).describe('By name; short form: its subnet'),
  nodes: named(nodeMap),
})

export { address }
