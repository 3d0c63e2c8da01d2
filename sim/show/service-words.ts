import { BY_CONNECTIONS, SHIFTS, type Shift, UP } from '../trace/index.ts'

/** What a balancer found out about a server; `flags` are those of a TURNED event. */
export function turnedSentence(server: string, service: string, flags: number): string {
  const up = (flags & UP) !== 0
  if ((flags & BY_CONNECTIONS) === 0) {
    return `found ${server} ${up ? 'up again' : 'down'} (service ${service})`
  }
  return up
    ? `gives ${server} another try (service ${service})`
    : `takes ${server} out, for its connections fail (service ${service})`
}

/** What has changed about a service as a whole; the number and value of a SHIFTED event. */
export function shiftedSentence(service: string, what: number, value: number): string {
  const words: Readonly<Record<Shift, string>> = {
    'group-used': value === 0 ? 'uses its standby' : `uses the servers of priority ${value}`,
    'group-joined':
      value === 0 ? 'uses its standby too' : `uses the servers of priority ${value} and above`,
    'quorum-lost': `has lost its quorum: weight ${value} is up, and the sorry server takes over`,
    'quorum-held': `has its quorum again: weight ${value} is up`,
    panic: `panics: ${value} of its servers are healthy, so health is ignored`,
    'panic-over': `heeds health again: ${value} of its servers are healthy`,
    reconfigured: 'has other settings for what is new',
  }
  return `service ${service} ${words[SHIFTS[what]!]}`
}
