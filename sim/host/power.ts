import { dropCode } from '../trace/index.ts'
import type { Host } from './host.ts'

const DOWN = dropCode('machine-down')

/**
 * The power is gone: what waits in the machine is lost, its cables fall silent, and it hears and
 * says nothing any more. Events that it still has on the agenda find it down and do nothing.
 */
export function powerOff(host: Host): void {
  host.down = true
  for (const { port } of host.interfaces) port?.power(false)
  for (const neighbour of host.neighbours.list()) {
    neighbour.waitingOctets = 0
    for (const frame of neighbour.waiting.splice(0)) host.drop(frame, neighbour.iface.place, DOWN)
  }
  host.ipv4.fragments.abandon(DOWN)
  host.ipv6.fragments.abandon(DOWN)
}
