/**
 * The words for what can be observed. A kind is one bit, so that a subscriber names a set of them.
 *
 * | kind       | place                | code           | a           | b                   |
 * |------------|----------------------|----------------|-------------|---------------------|
 * | SENT       | interface            | 0              | 0           | 0                   |
 * | RECEIVED   | interface            | 0              | 0           | 0                   |
 * | BORN       | interface or machine | 0              | 0           | 0                   |
 * | REWRITTEN  | machine              | FIELDS         | before      | after               |
 * | TRANSLATED | machine              | rule number    | flow serial | 0 original, 1 reply |
 * | DROPPED    | interface or machine | DROPS          | 0           | 0                   |
 * | CONSUMED   | machine              | CONSUMERS      | 0           | 0                   |
 * | DECIDED    | machine              | service number | server      | manner, or flow     |
 * | TURNED     | machine              | service number | server      | UP + cause          |
 * | SHIFTED    | machine              | service number | SHIFTS      | its value           |
 *
 * Every event but TURNED and SHIFTED is about a frame. The manner of a DECIDED event is how the
 * service chose (balancer/manners.ts); a rule of `nat` gives the serial of its flow instead. BORN
 * comes before its octets are written, TRANSLATED before its fields are; DROPPED and CONSUMED are
 * the last of a frame.
 */
export const SENT = 1
export const RECEIVED = 2
export const BORN = 4
export const REWRITTEN = 8
export const TRANSLATED = 16
export const DROPPED = 32
export const CONSUMED = 64
export const DECIDED = 128
export const TURNED = 256
export const SHIFTED = 512
export const ALL = 1023

/** Of a TURNED event: the server is up from now on. */
export const UP = 1
/** Of a TURNED event: its connections show it, and no check. */
export const BY_CONNECTIONS = 2

/** What changes about a service as a whole, with the meaning of the event's value. */
export const SHIFTS = [
  'group-used', // priority of the group
  'group-joined', // priority of the last group that is in use
  'quorum-lost', // weight that is up
  'quorum-held', // weight that is up
  'panic', // servers that are healthy
  'panic-over', // servers that are healthy
  'reconfigured', // 0
] as const
export type Shift = (typeof SHIFTS)[number]
export const GROUP_USED = 0
export const GROUP_JOINED = 1
export const QUORUM_LOST = 2
export const QUORUM_HELD = 3
export const PANIC = 4
export const PANIC_OVER = 5
export const RECONFIGURED = 6

/** Fields a machine may change in passing, by Wireshark's names. */
export const FIELDS = [
  'ip.ttl',
  'ip.src',
  'ip.dst',
  'tcp.srcport',
  'tcp.dstport',
  'udp.srcport',
  'udp.dstport',
  'icmp.ident',
  'ipv6.src',
  'ipv6.dst',
  'icmpv6.echo.identifier',
  'ipv6.hlim',
] as const
export type Field = (typeof FIELDS)[number]
/** Whether a field is the hop limit, which every router lowers. */
export const isHopLimit = (field: Field): boolean => field === 'ip.ttl' || field === 'ipv6.hlim'
/** Whether a field holds an address: events carry its number. */
export const isAddress = (field: Field): boolean => /^ip(v6)?\.(src|dst)$/.test(field)
export const FIELD_TTL = 0
export const FIELD_IP_SRC = 1
export const FIELD_IP_DST = 2
export const FIELD_TCP_SRC_PORT = 3
export const FIELD_TCP_DST_PORT = 4
export const FIELD_UDP_SRC_PORT = 5
export const FIELD_UDP_DST_PORT = 6
export const FIELD_ICMP_IDENT = 7
export const FIELD_IPV6_SRC = 8
export const FIELD_IPV6_DST = 9
export const FIELD_ICMPV6_IDENT = 10
export const FIELD_HOP_LIMIT = 11

/** Who took a frame to its end. */
export const CONSUMERS = [
  'arp',
  'icmp',
  'udp',
  'tcp',
  'reassembly',
  'replaced',
  'ndp',
  'replay',
] as const
export type Consumer = (typeof CONSUMERS)[number]
export const BY_ARP = 0
export const BY_ICMP = 1
export const BY_UDP = 2
export const BY_TCP = 3
export const BY_REASSEMBLY = 4
export const BY_REPLACEMENT = 5
export const BY_NDP = 6
export const BY_REPLAY = 7
