import type { Problems } from './problems.ts'
import type { RawCheck } from './schema/health.ts'
import type { Path } from './source.ts'
import type { CheckSheet, ServerSheet } from './types.ts'

const SECOND = 1_000_000_000

/** Checks of a service with nothing left to assume (sheet language §1.5). */
export function completeHealth(
  raw: readonly RawCheck[],
  servers: readonly ServerSheet[],
  path: Path,
  problems: Problems,
): CheckSheet[] {
  return raw.map((check): CheckSheet => {
    const { kind, every = 5 * SECOND, timeout = SECOND, retry = every } = check
    const at: Path = [...path, 'health', kind]
    if (kind !== 'ping' && check.port === undefined && servers.some(({ port }) => port === 0)) {
      problems.error(at, 'the servers have no port of their own; write the port of the check')
    }
    if (every === 0) problems.error([...at, 'every'], 'a check needs a time between two questions')
    if (timeout > every) {
      const problem = 'an answer is waited for longer than the time between two checks'
      problems.warn([...at, 'timeout'], problem, 'a late check puts off the next one')
    }
    return {
      kind,
      everyNs: every,
      retryNs: retry,
      timeoutNs: timeout,
      tries: check.tries ?? 3,
      rise: check.rise ?? 1,
      port: check.port ?? 0,
      details: {
        path: check.get,
        status: check.status,
        body: check.body,
        host: check.host,
        silence: check.silence,
        name: check.name,
      },
    }
  })
}
