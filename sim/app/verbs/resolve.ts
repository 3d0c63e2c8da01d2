import { formatAddress } from '../../wire/address.ts'
import { numberOf } from '../endpoint.ts'
import { failed } from '../report.ts'
import type { Resolution } from '../inquiry.ts'
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
      const asker = {
        resolved(resolution: Resolution): void {
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
      }
      const { question, type, ident, source, sourcePort } = settings
      const from = { local: numberOf(actor.host, source), localPort: sourcePort }
      actor.resolver.resolve(question, type, ident, asker, from)
    }
    new Repetition(actor, stage.report, settings, attempt).begin()
  },
}
