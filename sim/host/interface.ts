import { dropCode } from '../trace/index.ts'
import * as ethernet from '../wire/ethernet.ts'
import type { Frame } from '../wire/frame.ts'
import type { Port, Receiver } from '../link/port.ts'
import type { Host } from './host.ts'
import { type InterfaceSettings, interfaceSettings } from './interface-settings.ts'

/** An IPv4 address on an interface, with the mask of its prefix. */
export interface InterfaceAddress {
  readonly address: number
  readonly prefixLen: number
  readonly mask: number
}

/** Mask of a prefix length, as an unsigned 32-bit number. */
export function maskOf(prefixLen: number): number {
  return prefixLen === 0 ? 0 : (0xffffffff << (32 - prefixLen)) >>> 0
}

const TRUNCATED = dropCode('ethernet-truncated')
const OTHER_MAC = dropCode('not-for-this-mac')
const ETHERTYPE = dropCode('unknown-ethertype')
const DOWN = dropCode('machine-down')

/** A network interface: a MAC, addresses and (but for `lo`) a port with a cable in it. */
export class Interface implements Receiver {
  readonly host: Host
  readonly name: string
  readonly index: number
  readonly place: number
  readonly loopback: boolean
  macHi: number
  macLo: number
  mtu: number
  readonly addresses: InterfaceAddress[] = []
  port: Port | undefined
  /** How IPv4 packets are treated here. */
  settings: InterfaceSettings

  constructor(
    host: Host,
    name: string,
    place: number,
    loopback: boolean,
    mac: number,
    mtu: number,
  ) {
    this.host = host
    this.name = name
    this.index = host.interfaces.length
    this.place = place
    this.loopback = loopback
    this.macHi = Math.floor(mac / 0x1_0000_0000)
    this.macLo = mac % 0x1_0000_0000
    this.mtu = mtu
    this.settings = interfaceSettings(host.sysctl, name)
  }

  /** Reads the machine's settings again. */
  configure(): void {
    this.settings = interfaceSettings(this.host.sysctl, this.name)
  }

  /** The address whose subnet holds `target`, or the first; undefined when there is none. */
  addressTowards(target: number): InterfaceAddress | undefined {
    for (const own of this.addresses) {
      if (own.prefixLen < 32 && ((own.address ^ target) & own.mask) === 0) return own
    }
    return this.addresses[0]
  }

  /** Whether one of its subnets holds `one` and, unless it is 0, `other` too. */
  sharesSubnet(one: number, other: number): boolean {
    return this.addresses.some(({ address, mask }) => {
      if (((one ^ address) & mask) !== 0) return false
      return other === 0 || ((other ^ address) & mask) === 0
    })
  }

  receive(frame: Frame, _port: Port): void {
    const host = this.host
    const { view, start } = frame
    if (host.down) return host.drop(frame, this.place, DOWN)
    if (ethernet.check(start, frame.end) !== undefined) {
      return host.drop(frame, this.place, TRUNCATED)
    }
    const forUs =
      (ethernet.dstLo(view, start) === this.macLo && ethernet.dstHi(view, start) === this.macHi) ||
      ethernet.isGroup(view, start)
    if (!forUs) return host.drop(frame, this.place, OTHER_MAC)
    frame.network = start + ethernet.HEADER_LEN
    const type = ethernet.type(view, start)
    if (type === ethernet.TYPE_IPV4) host.ipv4.input(frame, this)
    else if (type === ethernet.TYPE_IPV6) host.ipv6.input(frame, this)
    else if (type === ethernet.TYPE_ARP) host.neighbours.input(frame, this)
    else host.drop(frame, this.place, ETHERTYPE)
  }
}
