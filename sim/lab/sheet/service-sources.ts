import type { RawSources } from './schema/forward.ts'
import type { RawService } from './schema/services.ts'
import type { SourceSheet } from './types.ts'

/** Where a service takes the sources from that `snat` puts in the place of clients. */
export function sourcesOf({ forward }: RawService): SourceSheet {
  const { addresses = [], ports } = (forward.settings ?? {}) as RawSources
  return { addresses, firstPort: ports?.first ?? 0, lastPort: ports?.last ?? 0 }
}
