/** Smallest and largest value of a setting, both included. */
export interface Range {
  readonly min: number
  readonly max: number
}

const SWITCH: Range = { min: 0, max: 1 }
const ANY: Range = { min: 0, max: 0x7fff_ffff }

/** Settings that are 0 or 1, by the last part of their names. */
const SWITCHES: ReadonlySet<string> = new Set([
  'ip_forward',
  'ip_forward_use_pmtu',
  'forwarding',
  'echo_ignore_all',
  'echo_ignore_multicast',
  'icmp_echo_ignore_all',
  'icmp_echo_ignore_broadcasts',
  'icmp_errors_use_inbound_ifaddr',
  'accept_local',
  'accept_redirects',
  'accept_source_route',
  'arp_filter',
  'arp_notify',
  'ndisc_notify',
  'drop_gratuitous_arp',
  'route_localnet',
  'secure_redirects',
  'send_redirects',
  'shared_media',
  'tcp_sack',
  'tcp_dsack',
  'tcp_window_scaling',
  'tcp_abort_on_overflow',
  'tcp_moderate_rcvbuf',
  'tcp_slow_start_after_idle',
  'tcp_mtu_probing',
  'conntrack',
  'expire_nodest_conn',
  'sloppy_tcp',
  'nat_icmp_send',
  'nf_conntrack_tcp_loose',
  'nf_conntrack_tcp_be_liberal',
  'nf_conntrack_tcp_ignore_invalid_rst',
])

/** Other ranges than from 0 on, by the last part of the name (ip-sysctl.rst). */
const RANGES: Readonly<Record<string, Range>> = {
  ip_default_ttl: { min: 1, max: 255 },
  hop_limit: { min: 1, max: 255 },
  ip_no_pmtu_disc: { min: 0, max: 1 },
  min_pmtu: { min: 68, max: 65535 },
  rp_filter: { min: 0, max: 2 },
  arp_ignore: { min: 0, max: 8 },
  arp_announce: { min: 0, max: 2 },
  arp_accept: { min: 0, max: 2 },
  redirect_number: { min: 0, max: 30 },
  base_reachable_time_ms: { min: 1, max: 0x7fff_ffff },
  retrans_time_ms: { min: 1, max: 0x7fff_ffff },
  tcp_syncookies: { min: 0, max: 2 },
  tcp_timestamps: { min: 0, max: 2 },
  tcp_early_retrans: { min: 0, max: 4 },
  tcp_frto: { min: 0, max: 2 },
  tcp_recovery: { min: 0, max: 7 },
  tcp_reordering: { min: 1, max: 300 },
  tcp_max_reordering: { min: 1, max: 65535 },
  tcp_comp_sack_nr: { min: 0, max: 255 },
  tcp_comp_sack_delay_ns: { min: 0, max: 1_000_000_000 },
  tcp_syn_retries: { min: 1, max: 127 },
  tcp_syn_linear_timeouts: { min: 0, max: 127 },
  tcp_synack_retries: { min: 0, max: 255 },
  tcp_retries1: { min: 1, max: 255 },
  tcp_base_mss: { min: 48, max: 65535 },
  am_droprate: { min: 1, max: 0x7fff_ffff },
  drop_entry: { min: 0, max: 3 },
  drop_packet: { min: 0, max: 3 },
  secure_tcp: { min: 0, max: 3 },
  nf_conntrack_tcp_max_retrans: { min: 0, max: 255 },
  somaxconn: { min: 0, max: 0x7fff_ffff },
}

/** What a setting may be. */
export function rangeOf(name: string): Range {
  const key = name.slice(name.lastIndexOf('.') + 1)
  return SWITCHES.has(key) ? SWITCH : (RANGES[key] ?? ANY)
}

/** Settings that every kernel has and no machine here obeys: they stay as they are. */
export const FIXED: ReadonlySet<string> = new Set([
  'net.ipv4.conf.all.accept_source_route',
  'net.ipv6.conf.all.accept_redirects',
  'net.core.wmem_default',
  'net.ipv4.vs.backup_only',
  'net.ipv4.vs.cache_bypass',
  'net.ipv4.vs.ignore_tunneled',
  'net.ipv4.vs.lblc_expiration',
  'net.ipv4.vs.lblcr_expiration',
  'net.ipv4.vs.pmtu_disc',
  'net.ipv4.vs.run_estimation',
  'net.ipv4.vs.schedule_icmp',
  'net.ipv4.vs.snat_reroute',
  'net.ipv4.tcp_adv_win_scale',
  'net.ipv4.tcp_autocorking',
  'net.ipv4.tcp_tw_reuse',
])
