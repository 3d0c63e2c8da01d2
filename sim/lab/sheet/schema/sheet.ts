import * as z from 'zod'
import { expectation } from './expect.ts'
import { program } from './programs.ts'
import { service } from './services.ts'
import { duration, listOf, named, notYet, shape, text, whole } from './shape.ts'
import { step } from './steps.ts'

/** The whole sheet (sheet language §1.2). The drawing is read apart: it may name another file. */
export const sheet = shape({
  title: text.describe('One sentence: what the sheet shows'),
  aim: text.describe('What the reader should understand'),
  covers: z.array(text).optional(),
  topology: z.unknown().refine((value) => value !== undefined, { error: 'the drawing is missing' }),
  programs: named(program).optional(),
  services: named(service).optional(),
  nat: notYet(),
  filter: notYet(),
  vrrp: notYet(),
  steps: z.array(step, { error: 'a list of steps is needed here; it may be empty: []' }),
  until: duration.optional(),
  expect: listOf(expectation),
  allow: z
    .record(z.string(), text, { error: 'a map is needed here: { INVARIANT: reason }' })
    .optional(),
  seed: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  epoch: text.optional(),
  golden: notYet(),
  parity: shape({
    against: text,
    since: duration.optional(),
    names: z.record(z.string(), text).optional(),
    without: z.array(text).optional(),
  }).optional(),
  sweep: notYet(),
  notes: notYet(),
})

export type RawSheet = z.output<typeof sheet>

/** Top-level keys in the order in which they should stand. */
export const KEY_ORDER: readonly string[] = Object.keys(sheet.shape)
