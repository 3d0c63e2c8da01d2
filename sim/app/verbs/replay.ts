import { ReplayFlow } from '../replay/flow.ts'
import { ReplayTap } from '../replay/tap.ts'
import type { ReplaySettings } from '../settings.ts'
import type { Stage, Verb } from './verb.ts'

/**
 * Sends what the client of a recording sent. The recorded client is no program of the machine and
 * has no socket: its packets go out past the stack, to the next hop that the routes name, and what
 * comes back for its ports is taken before the stack sees it.
 */
export const replay: Verb<ReplaySettings> = {
  name: 'replay',
  sentence: 'sends again what the client of a capture sent',
  begin(stage, settings) {
    const actor = stage.actors[settings.node]!
    const tap = tapOf(stage, settings.node)
    let left = settings.flows.length
    const done = (): void => {
      left--
      if (left > 0) return
      for (const flow of flows) report(stage, settings, flow)
      stage.report.finished(settings.index)
    }
    const flows = settings.flows.map((flow) => new ReplayFlow(actor, settings, flow, done))
    for (const flow of flows) {
      tap.hold(flow)
      flow.begin()
    }
  },
}

/** What holds the ports of a machine; a machine that has started anew has a new one. */
function tapOf(stage: Stage, node: number): ReplayTap {
  const { host } = stage.actors[node]!
  const known = stage.taps.get(node)
  if (known?.host === host) return known
  const tap = new ReplayTap(host)
  stage.taps.set(node, tap)
  return tap
}

function report(stage: Stage, settings: ReplaySettings, flow: ReplayFlow): void {
  const { local, localPort, remote, remotePort, outcome, octets, tookNs, kind } = flow
  stage.report.ended(settings.index, {
    protocol: kind,
    local,
    localPort,
    remote,
    remotePort,
    outcome,
    status: undefined,
    headers: [],
    body: undefined,
    bytes: octets,
    tookNs,
  })
}
