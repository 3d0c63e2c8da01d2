import * as z from 'zod'
import { LATER_KEYS } from '../not-yet.ts'
import { duration } from './amount.ts'
import { expectation } from './expect.ts'
import { filterRules } from './filter.ts'
import { natRule } from './nat.ts'
import { program } from './programs.ts'
import { service } from './services.ts'
import { listOf, named, shape, text, whole } from './shape.ts'
import { step } from './steps.ts'

/** Top-level keys in the order in which they should stand. */
export const KEY_ORDER: readonly string[] = [
  'title',
  'aim',
  'covers',
  'topology',
  'programs',
  'services',
  'nat',
  'filter',
  'vrrp',
  'steps',
  'until',
  'expect',
  'allow',
  'expert',
  'seed',
  'epoch',
  'golden',
  'parity',
  'sweep',
  'notes',
]

/** The whole sheet (sheet language §1.2). The drawing is read apart: it may name another file. */
export const sheet = shape(
  {
    title: text.describe('One sentence: what the sheet shows'),
    aim: text.describe('What the reader should understand'),
    covers: z.array(text).optional().describe('Rows of the checklist'),
    topology: z
      .unknown()
      .refine((value) => value !== undefined, { error: 'the drawing is missing' })
      .describe('The drawing: a name, or a map'),
    programs: named(program).optional().describe('What runs on the machines'),
    services: named(service).optional().describe('The virtual services, by name'),
    nat: listOf(natRule).optional().describe('Address translation outside services'),
    filter: filterRules.optional().describe('Rules of packet filters; the first that fits decides'),
    steps: z
      .array(step, { error: 'a list of steps is needed here; it may be empty: []' })
      .describe('What is done, in the order of the instants'),
    until: duration.optional().describe('End of the run'),
    expect: listOf(expectation).describe('What must be seen'),
    allow: z
      .record(z.string(), text, { error: 'a map is needed here: { INVARIANT: reason }' })
      .optional()
      .describe('Invariants that fail on purpose'),
    expert: z
      .record(z.string(), text, { error: 'a map is needed here: { tcp.connection.rst: reason }' })
      .optional()
      .describe('What Wireshark warns of in the capture'),
    seed: whole(0, Number.MAX_SAFE_INTEGER).optional().describe('Chance'),
    epoch: text.optional().describe('Wall clock at 0s, quoted'),
    parity: shape({
      against: text,
      since: duration.optional(),
      names: z.record(z.string(), text).optional(),
      without: z.array(text).optional(),
    })
      .optional()
      .describe('Captures of real machines to agree with'),
    notes: listOf(
      shape({
        at: duration.describe('From which instant on'),
        beside: text.optional().describe('The machine or network that it is about'),
        text: text.describe('What is to be said'),
      }),
    )
      .optional()
      .describe('Remarks of the teacher while the run is played'),
  },
  LATER_KEYS.sheet,
)

export type RawSheet = z.output<typeof sheet>
