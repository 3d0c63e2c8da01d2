/** The right word for a wrong one. */

/** Damerau-Levenshtein distance (adjacent letters may swap), for short words. */
export function distance(one: string, other: string): number {
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (swapped) best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    before = last
    last = row
  }
  return last[other.length]!
}

/** The known word that `word` most likely means, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 2)) + 1
  for (const candidate of known) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase())
    if (d < bestDistance && d < candidate.length) {
      best = candidate
      bestDistance = d
    }
  }
  return best
}

/** The end of a sentence about a wrong word: the one it is near to, or all there are. */
export function suggestion(word: string, known: readonly string[], named = 'known'): string {
  const near = nearest(word, known)
  if (near !== undefined) return `; did you mean '${near}'?`
  return known.length === 0 ? '; there is none' : `; ${named}: ${known.join(', ')}`
}

/** Words of other tools, and ours, with settings where it takes some to be the same. */
export const FOREIGN: Readonly<Record<string, string>> = {
  // Schedulers: IPVS, keepalived.
  rr: 'round-robin',
  wrr: 'weighted-round-robin',
  lc: 'least-connections',
  wlc: 'weighted-least-connections',
  sed: 'shortest-delay',
  nq: 'never-queue',
  sh: 'source-hash',
  dh: 'destination-hash',
  mh: 'maglev',
  lblc: 'locality',
  lblcr: 'locality-replicated',
  fo: 'fail-over',
  ovf: 'overflow',
  twos: 'two-choices',
  // HAProxy.
  roundrobin: '{ smooth-round-robin: { rule: haproxy } }',
  'static-rr': 'weighted-round-robin',
  leastconn: '{ weighted-least-connections: { rule: haproxy } }',
  source: '{ source-hash: { function: haproxy } }',
  first: 'fail-over',
  'map-based': '{ source-hash: { function: haproxy } }',
  consistent: '{ ring-hash: { function: haproxy } }',
  'hash-balance-factor': '{ ring-hash: { bounded-load: 125% } }',
  // nginx, Envoy and others.
  least_conn: '{ weighted-least-connections: { rule: nginx } }',
  ip_hash: '{ source-hash: { function: nginx } }',
  iphash: '{ source-hash: { function: nginx } }',
  'ip-hash': '{ source-hash: { function: nginx } }',
  ketama: 'ring-hash',
  ring_hash: 'ring-hash',
  'consistent-hash': 'ring-hash',
  hrw: 'rendezvous',
  p2c: 'two-choices',
  least_request: 'two-choices',
  swrr: 'smooth-round-robin',
  // F5, A10 and the article on clusters and load balancing.
  ratio: 'weighted-round-robin',
  'ratio-member': 'weighted-round-robin',
  'ratio-node': 'weighted-round-robin',
  'dynamic-ratio': 'observed',
  'dynamic-ratio-member': 'observed',
  'dynamic-ratio-node': 'observed',
  'least-connection': '{ least-connections: { per: server } }',
  'least-connections-member': 'least-connections',
  'least-connections-node': '{ least-connections: { per: server } }',
  'service-least-connection': 'least-connections',
  'weighted-least-connection': '{ weighted-least-connections: { per: server } }',
  'weighted-least-connections-member': 'weighted-least-connections',
  'weighted-least-connections-node': '{ weighted-least-connections: { per: server } }',
  'ratio-least-connections-member': 'weighted-least-connections',
  'ratio-least-connections-node': '{ weighted-least-connections: { per: server } }',
  'fastest-node': 'fastest',
  'fastest-app-response': 'fastest',
  'fastest-response': 'fastest',
  'observed-member': 'observed',
  'observed-node': '{ observed: { per: server } }',
  'predictive-member': 'predictive',
  'predictive-node': '{ predictive: { per: server } }',
  'round-robin-strict': 'round-robin',
  'weighted-rr': 'weighted-round-robin',
  'src-ip-hash': '{ source-hash: { port: true } }',
  'src-ip-only-hash': 'source-hash',
  'dst-ip-hash': 'destination-hash',
  'dst-ip-only-hash': 'destination-hash',
  priority: 'fail-over',
  'hot-standby': 'fail-over',
  // Forwarders.
  nat: 'dnat',
  masq: 'dnat',
  fullnat: 'full-nat',
  dr: 'direct',
  dsr: 'direct',
  gatewaying: 'direct',
  tun: 'tunnel',
  ipip: 'tunnel',
}

/** Keys of other tools, and ours; they count only where ours is a key. */
export const FOREIGN_KEYS: Readonly<Record<string, string>> = {
  inter: 'every',
  interval: 'every',
  delay_loop: 'every',
  fall: 'tries',
  max_fails: 'tries',
  fastinter: 'retry',
  delay_before_retry: 'retry',
  downinter: 'down',
  connect_timeout: 'timeout',
  recv: 'body',
  expect: 'body',
  path: 'get',
  uri: 'get',
  netmask: 'mask',
  ops: 'one-packet',
}
