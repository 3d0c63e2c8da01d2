import * as z from 'zod'
import { duration } from './amount.ts'
import { address } from './drawing.ts'
import { flag, recordError, shape, text } from './shape.ts'

const target = z.string({ error: 'a machine or an address is needed here' })

/** `replay`: a recorded client visits the lab; `instant` are the keys of every step. */
export function replayVerb<I extends z.core.$ZodLooseShape>(instant: I) {
  return shape({
    ...instant,
    from: text.describe('The machine that stands for the recorded client'),
    replay: text.describe('A capture file (pcap or pcapng), named from the sheet'),
    client: address
      .optional()
      .describe('Whose packets are sent; who sent the first SYN, when left out'),
    map: z
      .record(z.string(), target, {
        error: recordError('a map is needed here: { ADDRESS: ADDRESS or MACHINE }', 'an address'),
      })
      .optional()
      .describe('What addresses of the recording become here; the client becomes its machine'),
    shift: flag
      .optional()
      .describe('Acknowledgements follow the lab’s server, and wait for it; true when left out'),
    timeout: duration
      .optional()
      .describe('How long a connection waits for what its next packet acknowledges'),
  })
}
