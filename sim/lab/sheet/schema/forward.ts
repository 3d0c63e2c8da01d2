import type * as z from 'zod'
import { type Address, parseAddress } from '../../../wire/address.ts'
import { LATER_WORDS } from '../not-yet.ts'
import { type Chosen, choice, type Kind } from './choice.ts'
import { listOf, parsed, shape } from './shape.ts'

/** `services.NAME.forward` (sheet language §1.5). */

/** First and last port. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

const address = parsed(
  (value): Address | Error =>
    parseAddress(value) ?? new Error(`'${value}' is no IP address; write it whole, as 172.16.20.9`),
  'an IP address',
)

const ports = parsed(readPorts, 'a range of ports such as 1024-65535')

function readPorts(value: string): PortRange | Error {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(value)
  const first = Number(match?.[1])
  const last = Number(match?.[2])
  if (match === null || first === 0 || last > 65535) {
    return new Error(`'${value}' is no range of ports; write FIRST-LAST, as 1024-65535`)
  }
  if (first > last) return new Error(`the range runs backwards; write ${last}-${first}`)
  return { first, last }
}

const sources = shape({
  addresses: listOf(address)
    .describe('addresses of the balancer that stand for the client; its own when left out')
    .optional(),
  ports: ports
    .describe('ports to choose from; the port of the client is kept when free')
    .optional(),
})
export type RawSources = z.output<typeof sources>

const KINDS: Readonly<Record<string, Kind>> = {
  dnat: { bare: true },
  snat: { bare: true, settings: sources },
  direct: { bare: true },
  l2: { bare: true },
  local: { bare: true },
}

export const forward: z.ZodType<Chosen, unknown> = choice(KINDS, LATER_WORDS.forward)
