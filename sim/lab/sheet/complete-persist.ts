import type { PersistConfig } from '../../balancer/service.ts'
import type { Problems } from './problems.ts'
import type { RawPersistSettings, RawService } from './schema/services.ts'
import type { Path } from './source.ts'
import type { VipSheet } from './types.ts'

/** ipvsadm's default. */
const DEFAULT_TIMEOUT_NS = 300_000_000_000

/** Persistence of a service with nothing left to assume; undefined for none. */
export function completePersist(
  service: RawService,
  vips: readonly VipSheet[],
  path: Path,
  problems: Problems,
): PersistConfig | undefined {
  const { kind = 'none', settings } = service.persist ?? {}
  if (kind === 'none') return undefined
  const at: Path = [...path, 'persist', kind]
  const { timeout = DEFAULT_TIMEOUT_NS, mask } = (settings ?? {}) as RawPersistSettings
  const bits = vips[0]!.address.family === 4 ? 32 : 128
  if (mask !== undefined && mask > bits) {
    const family = bits === 32 ? 4 : 6
    problems.error([...at, 'mask'], `an IPv${family} address has ${bits} bits, so up to ${bits}`)
  }
  if (kind === 'destination-address' && vips.length === 1) {
    const problem = 'every connection goes to this one address, so all of them meet one server'
    problems.warn(
      at.slice(0, -1),
      problem,
      'destination-address is for a list of virtual addresses',
    )
  }
  if (timeout === 0) {
    problems.error([...at, 'timeout'], 'a choice that is remembered for no time is none')
  }
  return { kind, timeoutNs: timeout, mask: mask === undefined || mask === bits ? -1 : mask }
}
