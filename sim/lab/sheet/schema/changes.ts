import type * as z from 'zod'
import { word } from './choice.ts'
import { mac, prefix } from './drawing.ts'
import { shape, text } from './shape.ts'

/** Verbs that change what an interface is (sheet language §1.7). */

/** The verbs with their keys; `instant` are the keys of every step. */
export function changeVerbs<I extends z.core.$ZodLooseShape>(instant: I) {
  return {
    announce: shape({
      ...instant,
      announce: text.describe('MACHINE.INTERFACE: tells its wire, unasked, who lives there'),
      as: word(['request', 'reply'])
        .optional()
        .describe('The operation of that ARP packet; request when left out'),
    }),
    readdress: shape({
      ...instant,
      readdress: text.describe('MACHINE.INTERFACE, which gets another address or MAC'),
      to: prefix.optional().describe('The address that replaces its first'),
      mac: mac.optional().describe('The MAC that replaces its own'),
    }),
  } as const
}
