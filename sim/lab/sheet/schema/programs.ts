import * as z from 'zod'
import { type Address, parseAddress } from '../../../wire/address.ts'
import { LATER_KEYS, LATER_WORDS } from '../not-yet.ts'
import { duration, generator, size } from './amount.ts'
import { type Chosen, choice, choiceForm, either, type Kind, word } from './choice.ts'
import { address } from './drawing.ts'
import { type Form, formOf } from './form.ts'
import { flag, listOf, parsed, port, reading, recordError, shape, text, whole } from './shape.ts'

/** `programs` and the operations of scripts (sheet language §1.4, §1.7). */

export const congestion = word(['cubic', 'reno'])

const socketOptions = shape({
  'no-delay': flag.optional(),
  cork: flag.optional(),
  'keep-alive': shape({
    idle: duration,
    interval: duration,
    probes: whole(1, 127),
  }).optional(),
  'receive-buffer': size.optional(),
  'send-buffer': size.optional(),
  ttl: whole(1, 255).optional(),
  congestion: congestion.optional(),
  'user-timeout': duration.optional(),
})

const sizeOrWord: z.ZodType<number | string, unknown> = reading(
  () => ({ anyOf: [{ enum: ['any', 'end'] }, formOf(size)] }),
  (value, { wrong }): number | string | undefined => {
    if (value === 'any' || value === 'end') return value
    const result = size.safeParse(value)
    if (result.success) return result.data
    wrong(`any, end or a size such as 100B is needed here`)
    return undefined
  },
)

const receive = either('until', sizeOrWord, shape({ 'up-to': size, every: duration }))

const OPERATIONS: Readonly<Record<string, Kind>> = {
  send: {
    settings: either(
      'size',
      size,
      shape({ size, times: whole(1, 1_000_000).optional(), meanwhile: flag.optional() }),
    ),
  },
  say: { settings: either('text', text, shape({ text, size: size.optional() })) },
  receive: { settings: receive },
  sleep: { settings: duration },
  shutdown: { bare: true },
  close: { bare: true },
  abort: { bare: true },
  set: { settings: socketOptions },
  call: {
    settings: z.lazy(() =>
      shape({ to: text, 'source-port': port.optional(), do: z.array(operation) }),
    ),
  },
}

/** One operation; it may hold others, so its form is a reference. */
export const operation: z.ZodType<Chosen, unknown> = choice(OPERATIONS, [], () => ({
  $ref: '#/definitions/operation',
}))

/** What `#/definitions/operation` stands for. */
export function operationForm(): Form {
  return choiceForm(OPERATIONS)
}

export const operations = z.array(operation, { error: 'a list of operations is needed here' })

const headerValue = z.union([text, z.number(), z.boolean()], {
  error: 'a text is needed here',
})
export const headers = z.record(z.string(), headerValue, {
  error: 'a map of headers is needed here',
})

const page = shape({
  status: whole(100, 599).optional(),
  body: text.optional(),
  size: size.optional(),
  type: text.optional(),
  headers: headers.optional(),
  'cache-control': text.optional(),
  etag: text.optional(),
  redirect: text.optional(),
})

const pages = z.record(z.string().startsWith('/'), page, {
  error: recordError('a map of paths is needed here', 'a path begins with /'),
})

const zoneEntry = shape(
  {
    addresses: listOf(address),
    ttl: duration.optional(),
    rotate: flag.optional(),
  },
  LATER_KEYS.zone,
)

export const run: z.ZodType<Chosen, unknown> = choice(
  {
    web: {
      bare: true,
      settings: shape(
        {
          pages: pages.optional(),
          wait: generator(duration).optional(),
          work: generator(duration).optional(),
          'keep-alive': duration.optional(),
        },
        LATER_KEYS.web,
      ),
    },
    echo: { bare: true },
    sink: { bare: true },
    closed: { bare: true },
    script: { settings: operations },
    dns: {
      settings: shape({
        zone: z.record(z.string(), zoneEntry, { error: 'a map of names is needed here' }),
        authoritative: flag
          .optional()
          .describe('Whether answers claim to come from the server of the zone itself'),
      }),
    },
  },
  LATER_WORDS.run,
)

export interface Listen {
  readonly address: Address | undefined
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

const listen = parsed((value): Listen | Error => {
  const match = /^(?:(.+):)?(\d{1,5})\/(tcp|udp)$/.exec(value)
  const number = Number(match?.[2])
  if (match === null || number < 1 || number > 65535) {
    return new Error(`'${value}' is no port to listen on; write 80/tcp or ADDRESS:80/tcp`)
  }
  const host = match[1]?.replace(/^\[(.*)\]$/, '$1')
  const parsedHost = host === undefined ? undefined : parseAddress(host)
  if (host !== undefined && parsedHost === undefined) return new Error(`'${host}' is no IP address`)
  return { address: parsedHost, port: number, protocol: match[3] as 'tcp' | 'udp' }
}, 'a port such as 80/tcp')

export const program = shape({
  nodes: listOf(text),
  listen,
  run,
  backlog: whole(0, 65535).optional(),
  'receive-buffer': size.optional(),
  'send-buffer': size.optional(),
  congestion: congestion.optional(),
  starts: duration.optional(),
  note: text.optional(),
})

export type RawProgram = z.output<typeof program>
