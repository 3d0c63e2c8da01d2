import type * as z from 'zod'
import { word } from './choice.ts'
import { reading } from './shape.ts'

const FRAGMENT_WORDS = ['when-it-fits', 'always', 'never'] as const
type DontFragment = (typeof FRAGMENT_WORDS)[number]
const fragmentWord = word(FRAGMENT_WORDS)
/** `dont-fragment`: a word, or true and false. */
export const dontFragment: z.ZodType<DontFragment, unknown> = reading(
  () => ({ enum: [...FRAGMENT_WORDS, true, false] }),
  (value, { part }) => {
    if (typeof value === 'boolean') return value ? 'always' : 'never'
    return part(fragmentWord, value)
  },
)
