import * as ipv4 from '../../wire/ipv4.ts'
import * as tcp from '../../wire/tcp.ts'
import { Flood } from '../flood.ts'
import type { SynFloodSettings } from '../settings.ts'
import { aim } from './repeat.ts'
import type { Verb } from './verb.ts'

/** A SYN without ports and checksum; options end with zeroes up to a whole word. */
function synOf({ window, options }: SynFloodSettings): Uint8Array {
  const length = tcp.MIN_LEN + Math.ceil(options.length / 4) * 4
  const octets = new Uint8Array(length)
  tcp.write(new DataView(octets.buffer), 0, 0, 0, 0, 0, length, tcp.SYN, window)
  octets.set(options, tcp.MIN_LEN)
  return octets
}

/** The half of a SYN flood that is seen on the wire: nobody ever takes the answers. */
export const synFlood: Verb<SynFloodSettings> = {
  name: 'syn-flood',
  sentence: 'sends SYNs whose senders are invented and will answer nothing',
  begin(stage, settings) {
    const { index, node, target, sources, ident } = settings
    const actor = stage.actors[node]!
    const done = (): void => stage.report.finished(index)
    aim(actor, target, sources?.[0], (found) => {
      if (!('address' in found)) return done()
      const to = { remote: found.address, remotePort: target.port }
      const octets = synOf(settings)
      const forgery = { protocol: ipv4.TCP, ...to, octets, sources, ident }
      new Flood(actor, settings, forgery, done).next()
    })
  },
}
