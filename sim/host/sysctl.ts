import { IPV6_SYSCTL_DEFAULTS } from './ipv6-sysctl.ts'

/**
 * Kernel settings of one machine under Linux's names, with Linux's defaults (kernel 6.12 and later,
 * no distribution's changes). Documentation/networking/ip-sysctl.rst and ipvs-sysctl.rst.
 */
export const SYSCTL_DEFAULTS: Readonly<Record<string, number>> = {
  'net.ipv4.ip_forward': 0,
  'net.ipv4.ip_default_ttl': 64,
  'net.ipv4.ip_no_pmtu_disc': 0,
  'net.ipv4.ip_forward_use_pmtu': 0,
  'net.ipv4.ipfrag_time': 30,
  'net.ipv4.route.min_pmtu': 552,
  'net.ipv4.route.mtu_expires': 600,
  'net.ipv4.route.gc_timeout': 300,
  'net.ipv4.route.redirect_load': 5,
  'net.ipv4.route.redirect_number': 9,
  'net.ipv4.route.redirect_silence': 5120,
  'net.ipv4.route.error_cost': 250,
  'net.ipv4.route.error_burst': 1250,
  'net.ipv4.icmp_echo_ignore_all': 0,
  'net.ipv4.icmp_echo_ignore_broadcasts': 1,
  'net.ipv4.icmp_errors_use_inbound_ifaddr': 0,
  'net.ipv4.icmp_ratelimit': 1000,
  'net.ipv4.icmp_ratemask': 6168,
  'net.ipv4.icmp_msgs_per_sec': 1000,
  'net.ipv4.icmp_msgs_burst': 50,
  'net.ipv4.conf.all.accept_local': 0,
  'net.ipv4.conf.default.accept_local': 0,
  'net.ipv4.conf.all.accept_redirects': 1,
  'net.ipv4.conf.default.accept_redirects': 1,
  'net.ipv4.conf.all.accept_source_route': 0,
  'net.ipv4.conf.default.accept_source_route': 1,
  'net.ipv4.conf.all.arp_accept': 0,
  'net.ipv4.conf.default.arp_accept': 0,
  'net.ipv4.conf.all.arp_announce': 0,
  'net.ipv4.conf.default.arp_announce': 0,
  'net.ipv4.conf.all.arp_filter': 0,
  'net.ipv4.conf.default.arp_filter': 0,
  'net.ipv4.conf.all.arp_ignore': 0,
  'net.ipv4.conf.default.arp_ignore': 0,
  'net.ipv4.conf.all.arp_notify': 0,
  'net.ipv4.conf.default.arp_notify': 0,
  'net.ipv4.conf.all.drop_gratuitous_arp': 0,
  'net.ipv4.conf.default.drop_gratuitous_arp': 0,
  'net.ipv4.conf.all.forwarding': 0,
  'net.ipv4.conf.default.forwarding': 0,
  'net.ipv4.conf.all.route_localnet': 0,
  'net.ipv4.conf.default.route_localnet': 0,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  'net.ipv4.conf.all.secure_redirects': 1,
  'net.ipv4.conf.default.secure_redirects': 1,
  'net.ipv4.conf.all.send_redirects': 1,
  'net.ipv4.conf.default.send_redirects': 1,
  'net.ipv4.conf.all.shared_media': 1,
  'net.ipv4.conf.default.shared_media': 1,
  'net.ipv4.neigh.default.base_reachable_time_ms': 30000,
  'net.ipv4.neigh.default.retrans_time_ms': 1000,
  'net.ipv4.neigh.default.delay_first_probe_time': 5,
  'net.ipv4.neigh.default.ucast_solicit': 3,
  'net.ipv4.neigh.default.mcast_solicit': 3,
  'net.ipv4.neigh.default.unres_qlen_bytes': 212992,
  'net.ipv4.neigh.default.locktime': 100,
  'net.ipv4.tcp_sack': 1,
  'net.ipv4.tcp_dsack': 1,
  'net.ipv4.tcp_timestamps': 1,
  'net.ipv4.tcp_window_scaling': 1,
  'net.ipv4.tcp_syncookies': 1,
  'net.ipv4.tcp_syn_retries': 6,
  'net.ipv4.tcp_syn_linear_timeouts': 4,
  'net.ipv4.tcp_synack_retries': 5,
  'net.ipv4.tcp_mtu_probing': 0,
  'net.ipv4.tcp_base_mss': 1024,
  'net.ipv4.tcp_retries1': 3,
  'net.ipv4.tcp_retries2': 15,
  'net.ipv4.tcp_orphan_retries': 0,
  'net.ipv4.tcp_fin_timeout': 60,
  'net.ipv4.tcp_tw_reuse': 2,
  'net.ipv4.tcp_keepalive_time': 7200,
  'net.ipv4.tcp_keepalive_intvl': 75,
  'net.ipv4.tcp_keepalive_probes': 9,
  'net.ipv4.tcp_early_retrans': 3,
  'net.ipv4.tcp_recovery': 1,
  'net.ipv4.tcp_reordering': 3,
  'net.ipv4.tcp_max_reordering': 300,
  'net.ipv4.tcp_comp_sack_delay_ns': 1_000_000,
  'net.ipv4.tcp_comp_sack_nr': 44,
  'net.ipv4.tcp_challenge_ack_limit': 0x7fff_ffff,
  'net.ipv4.tcp_invalid_ratelimit': 500,
  'net.ipv4.tcp_frto': 2,
  'net.ipv4.tcp_abort_on_overflow': 0,
  'net.ipv4.tcp_max_syn_backlog': 512,
  'net.ipv4.tcp_moderate_rcvbuf': 1,
  'net.ipv4.tcp_slow_start_after_idle': 1,
  'net.ipv4.tcp_autocorking': 1,
  'net.ipv4.tcp_adv_win_scale': 1,
  'net.core.somaxconn': 4096,
  'net.core.rmem_default': 212992,
  'net.core.wmem_default': 212992,
  'net.ipv4.vs.conntrack': 0,
  'net.ipv4.vs.expire_nodest_conn': 0,
  'net.ipv4.vs.expire_quiescent_template': 0,
  'net.ipv4.vs.conn_reuse_mode': 1,
  'net.ipv4.vs.sloppy_tcp': 0,
  'net.ipv4.vs.nat_icmp_send': 0,
  'net.ipv4.vs.am_droprate': 10,
  'net.ipv4.vs.amemthresh': 1024,
  'net.ipv4.vs.drop_entry': 0,
  'net.ipv4.vs.drop_packet': 0,
  'net.ipv4.vs.secure_tcp': 0,
  'net.ipv4.vs.backup_only': 0,
  'net.ipv4.vs.cache_bypass': 0,
  'net.ipv4.vs.ignore_tunneled': 0,
  'net.ipv4.vs.lblc_expiration': 86400,
  'net.ipv4.vs.lblcr_expiration': 86400,
  'net.ipv4.vs.pmtu_disc': 1,
  'net.ipv4.vs.run_estimation': 1,
  'net.ipv4.vs.schedule_icmp': 0,
  'net.ipv4.vs.snat_reroute': 1,
  ...IPV6_SYSCTL_DEFAULTS,
  'net.netfilter.nf_conntrack_tcp_loose': 1,
  'net.netfilter.nf_conntrack_tcp_be_liberal': 0,
  'net.netfilter.nf_conntrack_tcp_ignore_invalid_rst': 0,
  'net.netfilter.nf_conntrack_tcp_max_retrans': 3,
  'net.netfilter.nf_conntrack_max': 262144,
  'net.netfilter.nf_conntrack_buckets': 262144,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_sent': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_recv': 60,
  'net.netfilter.nf_conntrack_tcp_timeout_established': 432000,
  'net.netfilter.nf_conntrack_tcp_timeout_fin_wait': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait': 60,
  'net.netfilter.nf_conntrack_tcp_timeout_last_ack': 30,
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': 120,
  'net.netfilter.nf_conntrack_tcp_timeout_close': 10,
  'net.netfilter.nf_conntrack_tcp_timeout_max_retrans': 300,
  'net.netfilter.nf_conntrack_tcp_timeout_unacknowledged': 300,
  'net.netfilter.nf_conntrack_udp_timeout': 30,
  'net.netfilter.nf_conntrack_udp_timeout_stream': 120,
  'net.netfilter.nf_conntrack_icmp_timeout': 30,
  'net.netfilter.nf_conntrack_generic_timeout': 600,
}

export class Sysctl {
  private readonly values: Map<string, number>

  /** `settings`: what differs from the defaults. */
  constructor(settings: Readonly<Record<string, number | string>>) {
    this.values = new Map()
    for (const name of Object.keys(settings)) this.set(name, settings[name]!)
  }

  /** Value in force; 0 for a name that nobody knows. */
  number(name: string): number {
    return this.values.get(name) ?? SYSCTL_DEFAULTS[name] ?? 0
  }

  /** Whether the sheet gave this very name. */
  has(name: string): boolean {
    return this.values.has(name)
  }

  set(name: string, value: number | string): void {
    this.values.set(name, typeof value === 'number' ? value : Number(value))
  }

  /**
   * `net.ipv4.conf.IFACE.KEY` as the kernel combines it for most keys: the larger of all and its
   * own.
   */
  largest(iface: string, key: string): number {
    return Math.max(this.number(`net.ipv4.conf.all.${key}`), this.own(iface, key))
  }

  /** True when both "all" or its own allow it: how `send_redirects` is combined. */
  either(iface: string, key: string): boolean {
    return this.number(`net.ipv4.conf.all.${key}`) !== 0 || this.own(iface, key) !== 0
  }

  /** True when both "all" and its own allow it: how `accept_source_route` is combined. */
  both(iface: string, key: string): boolean {
    return this.number(`net.ipv4.conf.all.${key}`) !== 0 && this.own(iface, key) !== 0
  }

  private own(iface: string, key: string): number {
    const name = `net.ipv4.conf.${iface}.${key}`
    return this.has(name) ? this.number(name) : this.number(`net.ipv4.conf.default.${key}`)
  }
}
