import type * as z from 'zod'
import { duration } from './amount.ts'
import { dontFragment } from './dont-fragment.ts'
import { senders } from './senders.ts'
import { parsed, port, shape, text, whole } from './shape.ts'
import { readSynOptions } from '../syn-options.ts'

const options = parsed(readSynOptions, 'TCP options such as "<mss 1460>"')

/** `syn-flood`: SYNs of invented senders; `instant` are the keys of every step. */
export function synFloodVerb<I extends z.core.$ZodLooseShape>(instant: I) {
  return shape({
    ...instant,
    from: text,
    'syn-flood': text.describe('Sends SYNs to HOST:PORT/tcp and takes no answer'),
    sources: senders
      .optional()
      .describe('FIRST-LAST: the senders, in turn; left out, each is invented by chance'),
    times: whole(1, 1_000_000_000).optional(),
    every: duration.optional(),
    'source-port': port
      .optional()
      .describe('The port of the first SYN; it rises by one. Left out, each is drawn'),
    window: whole(0, 65535).optional().describe('Window of the SYNs; 8192 when left out'),
    options: options.optional().describe('TCP options of the SYNs; "<mss 1460>" when left out'),
    id: whole(0, 65535)
      .optional()
      .describe('Identification of the first IPv4 packet, 256 when left out; it rises by one'),
    ttl: whole(1, 255).optional(),
    'dont-fragment': dontFragment.optional(),
  })
}
