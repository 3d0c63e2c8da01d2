import { FIELD_TYPES } from '../judge/index.ts'

/** What other tools call a field. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['tcp.flags.rst', 'tcp.flags.reset'],
  ['tcp.flags.psh', 'tcp.flags.push'],
  ['tcp.rst', 'tcp.flags.reset'],
  ['tcp.syn', 'tcp.flags.syn'],
  ['tcp.fin', 'tcp.flags.fin'],
  ['tcp.sport', 'tcp.srcport'],
  ['tcp.dport', 'tcp.dstport'],
  ['udp.sport', 'udp.srcport'],
  ['udp.dport', 'udp.dstport'],
  ['udp.len', 'udp.length'],
  ['ip.saddr', 'ip.src'],
  ['ip.daddr', 'ip.dst'],
  ['ip.protocol', 'ip.proto'],
  ['ip.df', 'ip.flags.df'],
  ['ip.mf', 'ip.flags.mf'],
  ['mac', 'eth.addr'],
  ['eth.mac', 'eth.addr'],
  ['ip6', 'ipv6'],
  ['icmp6', 'icmpv6'],
  ['tcp.win', 'tcp.window_size_value'],
  ['tcp.mss', 'tcp.options.mss_val'],
  ['dns.name', 'dns.qry.name'],
  ['http.status', 'http.response.code'],
  ['http.method', 'http.request.method'],
  ['http.uri', 'http.request.uri'],
  ['port', 'tcp.port'],
  ['host', 'ip.addr'],
])

/** The known name that a person who wrote `name` may have meant. */
export function nearestField(name: string): string | undefined {
  const other = OTHER_NAMES.get(name.toLowerCase())
  if (other !== undefined) return other
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 4)) + 1
  for (const known of FIELD_TYPES.keys()) {
    const steps = distance(name.toLowerCase(), known)
    if (steps < least) {
      least = steps
      best = known
    }
  }
  return best
}

/** Edit distance; two neighbouring letters exchanged count as one step. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let steps = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        steps = Math.min(steps, before[j - 2]! + 1)
      }
      next.push(steps)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
