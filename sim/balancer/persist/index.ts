import { destinationAddress } from './destination-address.ts'
import type { Persistence } from './persistence.ts'
import { sourceAddress } from './source-address.ts'

export type { Persistence, PersistSettings } from './persistence.ts'
export { type TemplateRow, Templates } from './templates.ts'

/** All kinds of persistence, in the order in which they are listed. */
export const PERSISTENCES: readonly Persistence[] = [sourceAddress, destinationAddress]
