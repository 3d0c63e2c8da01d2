/**
 * Settings of IPv6 under Linux's names with Linux's defaults, as a kernel 6.18 shows them.
 * Unlike IPv4's, a setting `conf.all` counts for `forwarding`, `hop_limit` and `ndisc_notify` only:
 * of the others each interface has its own.
 */
export const IPV6_SYSCTL_DEFAULTS: Readonly<Record<string, number>> = {
  'net.ipv6.conf.all.forwarding': 0,
  'net.ipv6.conf.all.hop_limit': 64,
  'net.ipv6.conf.all.accept_redirects': 1,
  'net.ipv6.conf.all.ndisc_notify': 0,
  'net.ipv6.conf.default.accept_redirects': 1,
  'net.ipv6.conf.default.ndisc_notify': 0,
  'net.ipv6.icmp.ratelimit': 100,
  'net.ipv6.icmp.echo_ignore_all': 0,
  'net.ipv6.icmp.echo_ignore_multicast': 0,
  'net.ipv6.ip6frag_time': 60,
  'net.ipv6.route.mtu_expires': 600,
  'net.ipv6.neigh.default.base_reachable_time_ms': 30000,
  'net.ipv6.neigh.default.retrans_time_ms': 1000,
  'net.ipv6.neigh.default.delay_first_probe_time': 5,
  'net.ipv6.neigh.default.ucast_solicit': 3,
  'net.ipv6.neigh.default.mcast_solicit': 3,
  'net.ipv6.neigh.default.unres_qlen_bytes': 212992,
  'net.ipv6.neigh.default.locktime': 0,
}
