import { formatAddress } from '../../wire/address.ts'
import { failed } from '../report.ts'
import type { ResolveSettings } from '../settings.ts'
import { Repetition } from './repeat.ts'
import type { Verb } from './verb.ts'

export const resolve: Verb<ResolveSettings> = {
  name: 'resolve',
  sentence: 'looks a name up: host file, cache, then the name server',
  begin(stage, settings) {
    const actor = stage.actors[settings.node]!
    const attempt = (ended: () => void): void => {
      const startedNs = actor.host.now
      actor.resolver.resolve(settings.question, settings.type, settings.ident, {
        resolved(resolution) {
          const base = failed('udp', 'ok', 0, 0)
          const tookNs = actor.host.now - startedNs
          if ('problem' in resolution) {
            const { problem } = resolution
            const outcome = problem === 'no-such-name' ? 'unreachable' : problem
            stage.report.ended(settings.index, { ...base, outcome, tookNs })
          } else {
            const body = resolution.addresses.map(formatAddress).join(' ')
            stage.report.ended(settings.index, { ...base, body, tookNs })
          }
          ended()
        },
      })
    }
    new Repetition(actor, stage.report, settings, attempt).begin()
  },
}
