import type * as z from 'zod'
import { duration } from './amount.ts'
import { word } from './choice.ts'
import { lane } from './drawing.ts'
import { listOf, shape, text, whole } from './shape.ts'

/** Verbs that break something for a time (sheet language §1.7). */

const lasting = {
  for: duration.optional().describe('How long it lasts; to the end of the run when left out'),
}

const drop = shape({
  match: text.describe('Display filter: which frames are meant'),
  nth: listOf(whole(1, 1_000_000_000))
    .optional()
    .describe('Which of them get lost, counted from 1; all when left out'),
})

const program = {
  ...lasting,
  node: text.optional().describe('Only on this machine; on all of the program when left out'),
}

/** The verbs with their keys; `instant` are the keys of every step. */
export function faultVerbs<I extends z.core.$ZodLooseShape>(instant: I) {
  return {
    impair: shape({
      ...instant,
      impair: text.describe('MACHINE.INTERFACE, or a network'),
      ...lane,
      direction: word(['out', 'in'])
        .optional()
        .describe('As the machine sees it; both when left out'),
      drop: drop.optional().describe('Frames that get lost'),
      ...lasting,
    }),
    cut: shape({
      ...instant,
      cut: text.describe('MACHINE.INTERFACE: its cable is out'),
      ...lasting,
    }),
    crash: shape({
      ...instant,
      crash: text.describe('A machine loses power; it starts anew with empty tables'),
      ...lasting,
    }),
    stop: shape({
      ...instant,
      stop: text.describe('A program ends: its connections are closed, its port is closed'),
      ...program,
    }),
    hang: shape({
      ...instant,
      hang: text.describe('A program stands still: it accepts nothing and answers nothing'),
      ...program,
    }),
  } as const
}
