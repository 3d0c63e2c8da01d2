/**
 * Why a frame ended without reaching anybody. Every drop has one of these names; there is no silent
 * drop. The number of a reason is its place in this list, so new ones are added at the end.
 */
export const DROPS = [
  'ethernet-truncated',
  'not-for-this-mac',
  'unknown-ethertype',
  'arp-truncated',
  'arp-not-ipv4',
  'arp-not-for-us',
  'ipv4-truncated',
  'ipv4-bad-version',
  'ipv4-bad-ihl',
  'ipv4-bad-length',
  'ipv4-bad-checksum',
  'icmp-truncated',
  'icmp-bad-checksum',
  'udp-truncated',
  'udp-bad-length',
  'udp-bad-checksum',
  'tcp-truncated',
  'tcp-bad-offset',
  'tcp-bad-checksum',
  'martian-source',
  'martian-destination',
  'not-forwarding',
  'no-route',
  'ttl-exceeded',
  'too-big',
  'queue-full',
  'oversize',
  'cable-cut',
  'neighbour-unreachable',
  'neighbour-queue-full',
  'unknown-protocol',
  'udp-no-socket',
  'udp-buffer-full',
  'tcp-no-socket',
  'tcp-out-of-window',
  'tcp-bad-ack',
  'tcp-duplicate',
  'tcp-paws',
  'tcp-listen-overflow',
  'tcp-syn-queue-full',
  'tcp-unexpected',
  'tcp-time-wait',
  'tcp-buffer-full',
  'icmp-ignored',
  'icmp-unmatched',
  'icmp-rate-limited',
  'filter',
  'no-server',
  'no-destination',
  'conntrack-invalid',
  'conntrack-full',
  'nat-clash',
  'balancer-port-closed',
  'fragment',
  'switch-same-port',
  'no-receiver',
  'machine-down',
  'fragment-timeout',
  'fragment-overlap',
  'fragment-bad',
] as const
export type DropReason = (typeof DROPS)[number]

const codes = new Map<string, number>(DROPS.map((name, index) => [name, index]))

/** Number of a drop reason; used once at set-up or on the rare path, never per good packet. */
export function dropCode(reason: DropReason): number {
  return codes.get(reason)!
}
