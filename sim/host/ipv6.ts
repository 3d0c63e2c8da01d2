import { assert } from '../engine/assert.ts'
import type { Frame } from '../wire/frame.ts'
import type { Host } from './host.ts'
import type { Interface } from './interface.ts'
import type { Neighbour } from './neighbour-entry.ts'

const NOT_BUILT = 'a packet of IPv6 has come to a machine that has none'

/** IPv6 of one machine (RFC 8200). */
export class Ipv6 {
  readonly host: Host

  constructor(host: Host) {
    this.host = host
  }

  allocate(_octets = 0): Frame {
    assert(false, NOT_BUILT)
  }

  send(
    _frame: Frame,
    _src: number,
    _dst: number,
    _protocol: number,
    _trafficClass: number,
    _hopLimit: number,
    _flowLabel: number,
    _flags: number,
  ): boolean {
    assert(false, NOT_BUILT)
  }

  portUnreachable(_about: Frame): void {
    assert(false, NOT_BUILT)
  }

  ask(_neighbour: Neighbour, _unicast: boolean): void {
    assert(false, NOT_BUILT)
  }

  linkFailed(_frame: Frame, _iface: Interface, _reason: number): void {
    assert(false, NOT_BUILT)
  }
}
