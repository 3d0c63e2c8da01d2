import type * as z from 'zod'
import { word } from './choice.ts'
import { listOf, shape, text } from './shape.ts'

/** A rule of a packet filter (sheet language §1.6). */
export const filterRule = shape({
  node: text.describe('The machine that filters'),
  in: text.optional().describe('Only what arrives by this interface'),
  out: text.optional().describe('Only what leaves by this interface'),
  hook: word(['forward', 'input', 'output'])
    .optional()
    .describe('Where: packets that pass through, that end here, that begin here'),
  match: text.optional().describe('Display filter; every packet when left out'),
  verdict: word(['drop', 'reject', 'accept']).describe(
    'drop in silence; reject with ICMP "port unreachable"; accept: no later rule is asked',
  ),
  note: text.optional(),
})

/** `filter`: the first rule that fits decides. */
export const filterRules = listOf(filterRule)

export type RawFilterRule = z.output<typeof filterRule>
