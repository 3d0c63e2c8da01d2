import type { Sysctl } from './sysctl.ts'

/**
 * The settings of one interface that packets meet, `net.ipv4.conf.IFACE.*`, combined with those of
 * `all` as the kernel combines each (include/linux/inetdevice.h).
 */
export interface InterfaceSettings {
  readonly forwarding: boolean
  /** Whether a source must be reachable: 0 no, 1 by the interface of arrival, 2 by any. */
  readonly rpFilter: number
  /** Packets from outside may carry an address of ours as their source. */
  readonly acceptLocal: boolean
  /** 127.0.0.0/8 may come from and go to the outside. */
  readonly routeLocalnet: boolean
  readonly sendRedirects: boolean
  readonly acceptRedirects: boolean
  /** Only default gateways may be named by a redirect; of weight without `sharedMedia` only. */
  readonly secureRedirects: boolean
  /** Several subnets share the wire: a redirect may name a gateway of another. */
  readonly sharedMedia: boolean
  readonly arpIgnore: number
  readonly arpAnnounce: number
  /** Answers only for an interface by which it would reach the asker itself. */
  readonly arpFilter: boolean
  /** Announces its addresses when they or the MAC change. */
  readonly arpNotify: boolean
  /** Makes entries from unsolicited ARP: 0 never, 1 always, 2 from senders of a subnet of ours. */
  readonly arpAccept: number
  readonly dropGratuitousArp: boolean
}

/** Reads the settings of `iface`; `default` stands for what an interface does not say itself. */
export function interfaceSettings(sysctl: Sysctl, iface: string): InterfaceSettings {
  const either = (key: string): boolean => sysctl.either(iface, key)
  const largest = (key: string): number => sysctl.largest(iface, key)
  const forwarding = forwards(sysctl, iface)
  return {
    forwarding,
    rpFilter: largest('rp_filter'),
    acceptLocal: either('accept_local'),
    routeLocalnet: either('route_localnet'),
    sendRedirects: either('send_redirects'),
    acceptRedirects: acceptsRedirects(sysctl, iface, forwarding),
    secureRedirects: either('secure_redirects'),
    sharedMedia: either('shared_media'),
    arpIgnore: largest('arp_ignore'),
    arpAnnounce: largest('arp_announce'),
    arpFilter: either('arp_filter'),
    arpNotify: largest('arp_notify') !== 0,
    arpAccept: largest('arp_accept'),
    dropGratuitousArp: either('drop_gratuitous_arp'),
  }
}

/** `ip_forward` and `conf.all.forwarding` set all interfaces; one may say otherwise for itself. */
function forwards(sysctl: Sysctl, iface: string): boolean {
  const names = [`net.ipv4.conf.${iface}.forwarding`, 'net.ipv4.conf.all.forwarding']
  return sysctl.number(names.find((name) => sysctl.has(name)) ?? 'net.ipv4.ip_forward') !== 0
}

/**
 * A router needs both settings and a host one of them; `ip_forward` turns that of `all` off
 * (ip-sysctl.rst, accept_redirects).
 */
function acceptsRedirects(sysctl: Sysctl, iface: string, forwarding: boolean): boolean {
  if (!forwarding) return sysctl.either(iface, 'accept_redirects')
  const all = 'net.ipv4.conf.all.accept_redirects'
  return sysctl.has(all) && sysctl.both(iface, 'accept_redirects')
}
