/**
 * The names of fields that the decoder and the display filter know, with their types: Wireshark's
 * names (`tshark -G fields`), so that a filter can be pasted there.
 */
export type FieldType =
  | 'uint'
  | 'bool'
  | 'ipv4'
  | 'ipv6'
  | 'ether'
  | 'string'
  | 'bytes'
  | 'protocol'

const BY_TYPE: Readonly<Record<FieldType, string>> = {
  protocol: 'frame eth arp ip ipv6 icmp icmpv6 udp tcp dns http data',
  ether: 'eth.dst eth.src eth.addr arp.src.hw_mac arp.dst.hw_mac',
  ipv4: `ip.src ip.dst ip.addr arp.src.proto_ipv4 arp.dst.proto_ipv4 icmp.redir_gw dns.a`,
  ipv6: `ipv6.src ipv6.dst ipv6.addr dns.aaaa icmpv6.nd.ns.target_address
    icmpv6.nd.na.target_address icmpv6.nd.rd.target_address
    icmpv6.rd.na.destination_address icmpv6.opt.prefix`,
  bool: `arp.isgratuitous arp.isprobe arp.isannouncement ip.flags.rb ip.flags.df ip.flags.mf
    tcp.flags.ae tcp.flags.cwr tcp.flags.ece tcp.flags.urg tcp.flags.ack tcp.flags.push
    tcp.flags.reset tcp.flags.syn tcp.flags.fin dns.flags.response dns.flags.authoritative
    dns.flags.truncated dns.flags.recdesired dns.flags.recavail dns.flags.z
    dns.flags.authenticated dns.flags.checkdisable http.request http.response
    icmpv6.nd.na.flag.r icmpv6.nd.na.flag.s icmpv6.nd.na.flag.o icmpv6.nd.ra.flag.m
    icmpv6.nd.ra.flag.o ipv6.fraghdr.more`,
  uint: `frame.len frame.cap_len eth.type arp.hw.type arp.proto.type arp.hw.size arp.proto.size
    arp.opcode ip.version ip.hdr_len ip.dsfield ip.dsfield.dscp ip.dsfield.ecn ip.len ip.id
    ip.flags ip.frag_offset ip.ttl ip.proto ip.checksum ip.checksum.status icmp.type icmp.code
    icmp.checksum icmp.checksum.status icmp.ident icmp.ident_le icmp.seq icmp.seq_le icmp.mtu
    udp.srcport udp.dstport udp.port udp.length udp.checksum udp.checksum.status tcp.srcport
    tcp.dstport tcp.port tcp.stream tcp.len tcp.seq tcp.seq_raw tcp.nxtseq tcp.ack tcp.ack_raw
    tcp.hdr_len tcp.flags tcp.flags.res tcp.window_size_value tcp.window_size
    tcp.window_size_scalefactor tcp.checksum tcp.checksum.status tcp.urgent_pointer
    tcp.option_kind tcp.option_len tcp.options.mss_val tcp.options.wscale.shift
    tcp.options.wscale.multiplier tcp.options.sack_le tcp.options.sack_re
    tcp.options.sack.count tcp.options.timestamp.tsval tcp.options.timestamp.tsecr
    ipv6.version ipv6.tclass ipv6.tclass.dscp ipv6.tclass.ecn ipv6.flow ipv6.plen ipv6.nxt
    ipv6.hlim icmpv6.type icmpv6.code icmpv6.checksum icmpv6.checksum.status icmpv6.mtu
    icmpv6.pointer icmpv6.echo.identifier icmpv6.echo.sequence_number icmpv6.nd.na.flag
    icmpv6.opt.type icmpv6.opt.length icmpv6.opt.mtu icmpv6.opt.prefix.length
    icmpv6.opt.prefix.valid_lifetime icmpv6.opt.prefix.preferred_lifetime
    icmpv6.nd.ra.cur_hop_limit icmpv6.nd.ra.flag icmpv6.nd.ra.router_lifetime
    icmpv6.nd.ra.reachable_time icmpv6.nd.ra.retrans_timer ipv6.fraghdr.nxt
    ipv6.fraghdr.reserved_octet ipv6.fraghdr.offset ipv6.fraghdr.reserved_bits
    ipv6.fraghdr.ident ipv6.hopopts.nxt ipv6.hopopts.len ipv6.dstopts.nxt ipv6.dstopts.len
    ipv6.routing.nxt ipv6.routing.len dns.id dns.flags dns.flags.opcode dns.flags.rcode
    dns.count.queries dns.count.answers dns.count.auth_rr dns.count.add_rr dns.qry.type
    dns.qry.class dns.resp.type dns.resp.class dns.resp.ttl dns.resp.len http.response.code
    http.content_length data.len`,
  string: `dns.qry.name dns.resp.name dns.cname dns.ns dns.ptr.domain_name dns.txt
    http.request.method http.request.uri http.request.version http.request.line
    http.response.version http.response.phrase http.response.line http.host http.user_agent
    http.accept http.accept_encoding http.accept_language http.authorization
    http.cache_control http.connection http.content_encoding http.content_length_header
    http.content_type http.cookie http.date http.last_modified http.location http.referer
    http.server http.set_cookie http.transfer_encoding http.x_forwarded_for`,
  bytes: `icmp.unused udp.payload tcp.payload tcp.options tcp.options.sack_perm
    tcp.options.timestamp tcp.options.mss tcp.options.wscale tcp.options.sack tcp.options.nop
    tcp.options.eol icmpv6.reserved icmpv6.opt.linkaddr icmpv6.opt.src_linkaddr
    icmpv6.opt.target_linkaddr data.data http.file_data eth.trailer`,
}

/** Type of each field name. */
export const FIELD_TYPES: ReadonlyMap<string, FieldType> = new Map(
  Object.entries(BY_TYPE).flatMap(([type, names]) =>
    names.split(/\s+/).map((name): [string, FieldType] => [name, type as FieldType]),
  ),
)

/** Names that stand for several fields. */
export const EITHER: ReadonlyMap<string, readonly string[]> = new Map([
  ['eth.addr', ['eth.dst', 'eth.src']],
  ['ip.addr', ['ip.src', 'ip.dst']],
  ['ipv6.addr', ['ipv6.src', 'ipv6.dst']],
  ['tcp.port', ['tcp.srcport', 'tcp.dstport']],
  ['udp.port', ['udp.srcport', 'udp.dstport']],
])
