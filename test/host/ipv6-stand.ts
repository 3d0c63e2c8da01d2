import type { Host } from '../../sim/host/host.ts'
import type { Interface } from '../../sim/host/interface.ts'
import { RECEIVED, SENT } from '../../sim/trace/index.ts'
import { formatIpv6, parseIpv6 } from '../../sim/wire/address.ts'
import type { Frame } from '../../sim/wire/frame.ts'
import { parseMac } from '../../sim/wire/address.ts'
import { Network } from './machines.ts'

/** A small network of machines that speak IPv6, and words for what they say. */
export class Stand {
  readonly net: Network = new Network()

  number(text: string): number {
    return this.net.world.addresses.numberOf(...parseIpv6(text)!)
  }

  /** An interface with addresses such as `2001:db8::1/64`, and the link-local one with them. */
  iface(host: Host, ...addresses: string[]): Interface {
    const iface = this.net.iface(host)
    for (const text of addresses) this.add(host, iface, text)
    return iface
  }

  add(host: Host, iface: Interface, text: string): void {
    const [address, length] = text.split('/') as [string, string]
    host.ipv6.link(iface).add(this.number(address), Number(length))
  }

  /** A route of all or of a prefix. */
  route(host: Host, iface: Interface, via: string, to = '::/0'): void {
    const [prefix, length] = to.split('/') as [string, string]
    const prefixLen = Number(length)
    const number = this.number(via)
    const words = parseIpv6(prefix)!
    host.routes.ipv6.add({ prefix: words, prefixLen, via: number, iface, source: 0 })
    host.routes.changed()
  }

  /** A function that pings from `host`, with rising sequence numbers. */
  pinger(host: Host): (to: string, size?: number, hopLimit?: number, mayCut?: boolean) => boolean {
    const socket = host.icmp.echo.open({ wake() {} }, 77)
    let sequence = 0
    return (to, size = 56, hopLimit = 0, mayCut = true) => {
      const df = mayCut ? 'never' : 'always'
      return host.icmp.echo.send(socket, this.number(to), ++sequence, size, hopLimit, 0, df)
    }
  }

  /** What left (`>`) and reached (`<`) an interface, a line each. */
  seen(iface: Interface, from = 0): string[] {
    return this.net.journal.entries
      .filter((entry) => entry.place === iface.place)
      .filter(({ kind }) => kind === SENT || kind === RECEIVED)
      .map(({ kind, octets }) => `${kind === SENT ? '>' : '<'} ${say(octets!)}`)
      .slice(from)
  }

  /** A frame from `mac` to `iface` comes out of the cable: the octets behind the Ethernet header. */
  arrive(iface: Interface, mac: string, packet: Uint8Array, to?: string): void {
    const frame = this.net.world.pool.take()
    const hi = (text: string): number => Math.floor(parseMac(text)! / 0x1_0000_0000)
    const lo = (text: string): number => parseMac(text)! % 0x1_0000_0000
    frame.end = frame.start + 14 + packet.length
    const { view, start } = frame
    view.setUint16(start, to === undefined ? iface.macHi : hi(to))
    view.setUint32(start + 2, to === undefined ? iface.macLo : lo(to))
    view.setUint16(start + 6, hi(mac))
    view.setUint32(start + 8, lo(mac))
    view.setUint16(start + 12, 0x86dd)
    frame.bytes.set(packet, start + 14)
    this.receive(iface, frame)
  }

  private receive(iface: Interface, frame: Frame): void {
    iface.receive(frame, iface.port!)
  }
}

/** An IPv6 packet in words, read without the code under test. */
export function say(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const address = (at: number): string =>
    formatIpv6([0, 4, 8, 12].map((i) => view.getUint32(at + i)) as [number, number, number, number])
  const src = address(22)
  const dst = address(38)
  const ends = `${src} > ${dst}`
  const limit = view.getUint8(21)
  if (view.getUint8(20) === 44) {
    const field = view.getUint16(56)
    const size = octets.length - 62
    return `fragment ${field & 0xfff8}+${size}${field & 1 ? ' more' : ''} ${ends}`
  }
  if (view.getUint8(20) !== 58) return `ip ${view.getUint8(20)} ${ends} limit ${limit}`
  const type = view.getUint8(54)
  const option = octets.length > 78 ? ` option ${view.getUint8(78)}` : ''
  if (type === 135) return `who has ${address(62)}? ${ends}${option}`
  if (type === 136) {
    const flags = ['R', 'S', 'O'].filter((_, i) => (view.getUint8(58) & (0x80 >> i)) !== 0)
    return `I have ${address(62)} ${flags.join('')} ${ends}${option}`
  }
  if (type === 137) return `redirect ${address(78)} to ${address(62)} ${ends}`
  const rest = view.getUint32(58)
  const detail = type === 2 || type === 4 ? ` ${rest}` : ''
  return `icmp ${type}/${view.getUint8(55)}${detail} ${ends} limit ${limit}`
}

export const CLIENT = '2001:db8:1::10'
export const ROUTER = '2001:db8:1::1'
export const SERVER = '2001:db8:2::20'

export interface Lab {
  readonly stand: Stand
  readonly client: Host
  readonly router: Host
  readonly server: Host
  readonly near: Interface
  readonly far: Interface
  readonly ping: ReturnType<Stand['pinger']>
}

/** client -- router -- server; the far cable may carry less. Warm: all MACs are known. */
export function lab(farMtu = 1500, sysctl: Record<string, number> = {}): Lab {
  const stand = new Stand()
  const { net } = stand
  const client = net.host('client')
  const router = net.host('router', { 'net.ipv6.conf.all.forwarding': 1, ...sysctl })
  const server = net.host('server')
  const near = stand.iface(client, `${CLIENT}/64`)
  const far = stand.iface(server, `${SERVER}/64`)
  net.cable(near, stand.iface(router, `${ROUTER}/64`))
  const outside = stand.iface(router, '2001:db8:2::1/64')
  net.cable(outside, far)
  outside.mtu = farMtu
  far.mtu = farMtu
  net.start()
  stand.route(client, near, ROUTER)
  stand.route(server, far, '2001:db8:2::1')
  const ping = stand.pinger(client)
  ping(SERVER)
  net.run(0.1)
  return { stand, client, router, server, near, far, ping }
}
