import type * as z from 'zod'
import { duration } from './amount.ts'
import { formOf } from './form.ts'
import { type NatEnd, parseNatEnd } from '../nat-end.ts'
import { word } from './choice.ts'
import { isMap, listOf, oneOrMore, parsed, reading, shape, text, whole } from './shape.ts'

/** `nat` (sheet language §1.6). */

const match = parsed(
  parseNatEnd,
  'a part of the net such as 192.168.1.0/24, 199.237.202.124:80/tcp or [2001:db8::1]:80',
)

/** One address, with a port or a range of ports where `ports`. */
function single(ports: boolean, words: string): z.ZodType<NatEnd, unknown> {
  return parsed((value): NatEnd | Error => {
    const end = parseNatEnd(value)
    if (end instanceof Error) return end
    if (end.length !== undefined) return new Error(`one address is needed here, not ${value}`)
    if (end.protocol !== undefined) return new Error('the protocol belongs into from or to')
    if (!ports && end.port !== undefined) return new Error('one to one keeps the port')
    return end
  }, words)
}

const target = single(true, 'an address such as 172.16.20.1 or 172.16.20.1:8080')
const pool = single(true, 'an address such as 207.17.117.20 or 207.17.117.20:1024-2047')
const outside = single(false, 'an address such as 207.17.117.20')

const targets = oneOrMore(target, () => formOf(target))
const hashed = shape({
  hash: word(['source']).describe('What decides: the address of the client'),
  seed: whole(0, 0xffff_ffff).optional().describe('Seed of the hash'),
  to: listOf(target).describe('Among which'),
})

export interface RawDnat {
  readonly targets: readonly NatEnd[]
  /** Undefined: in turn. */
  readonly seed: number | undefined
}

const dnat: z.ZodType<RawDnat, unknown> = reading(
  () => ({ anyOf: [formOf(targets), formOf(hashed)] }),
  (value, { part }): RawDnat | undefined => {
    if (!isMap(value)) return { targets: part(targets, value) ?? [], seed: undefined }
    const read = part(hashed, value)
    return read && { targets: read.to, seed: read.seed ?? 0 }
  },
)

/** Keys that say what a rule does: each rule has one of them. */
export const NAT_ACTIONS = ['dnat', 'snat', 'masquerade', 'one-to-one'] as const

const fields = shape({
  name: text
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/, {
      error: 'a name begins with a letter; letters, digits and hyphens may follow',
    })
    .optional()
    .describe('What `served`, `sequence` and `service` call the rule'),
  node: text.describe('The machine that translates'),
  in: text.optional().describe('dnat: only what came in by this interface'),
  out: text.optional().describe('snat: only what leaves by this interface'),
  from: match.optional().describe('Only from these addresses and ports'),
  to: match.optional().describe('Only to these addresses and ports'),
  only: word(['translated'])
    .optional()
    .describe('Only flows whose destination a rule or a service has changed'),
  starts: duration
    .optional()
    .describe('When the rule is added; flows that have begun before keep what they have'),
  dnat: dnat.optional().describe('The destination becomes this, in prerouting'),
  snat: pool.optional().describe('The source becomes this, in postrouting'),
  masquerade: text
    .optional()
    .describe('The source becomes the address of this interface, by which it leaves'),
  'one-to-one': outside
    .optional()
    .describe('The machine `from` has this address outside, in both directions'),
  note: text.optional(),
})

type Fields = z.output<typeof fields>

export type RawNatRule = Fields

export const natRule: z.ZodType<RawNatRule, unknown> = reading(
  () => formOf(fields),
  (value, { part, wrong, wrongKey }): RawNatRule | undefined => {
    const read = part(fields, value)
    if (read === undefined) return undefined
    const actions = NAT_ACTIONS.filter((action) => read[action] !== undefined)
    if (actions.length === 0) wrong(`a rule needs one of ${NAT_ACTIONS.join(', ')}`)
    if (actions.length > 1) {
      wrongKey(`'${actions[0]}' is there already; a rule does one thing`, actions[1]!)
    }
    return read
  },
)
