import type { Break } from '../break.ts'

/** What the lessons on TCP in the first chapter show. */
export const TCP_LESSONS: readonly Break[] = [
  {
    name: 'a tail loss probe waits as long as a timeout',
    file: 'sim/host/tcp/transmit.ts',
    find: '    delay = Math.floor(c.srttUs[s]! / 4) * 1000\n',
    become: '    delay = 1000 * RTO_INITIAL_NS\n',
  },
  {
    name: 'a closed window is never asked about',
    file: 'sim/host/tcp/transmit.ts',
    find: '  setTimer(t, s, TIMER_WINDOW_PROBE, Math.max(c.rtoNs[s]!, RTO_MIN_NS))\n',
    become: '  void [TIMER_WINDOW_PROBE, RTO_MIN_NS]\n',
  },
  {
    name: 'a window that has opened is not told of',
    file: 'sim/host/tcp/ack-policy.ts',
    find: '      due = wider > 0 && wider >= 2 * now\n',
    become: '      due = wider < 0 && wider >= 2 * now\n',
  },
  {
    name: 'slow start grows by a segment for each ACK of several',
    file: 'sim/host/tcp/congestion.ts',
    find: 'Math.min(c.cwnd[s]! + acked, c.ssthresh[s]!)',
    become: 'Math.min(c.cwnd[s]! + Math.min(1, acked), c.ssthresh[s]!)',
  },
  {
    name: 'closing with data unread pretends that all was read',
    file: 'sim/host/tcp/life.ts',
    find: '  if (unread && state !== SYN_RECEIVED) {\n',
    become: '  if (unread && state === SYN_RECEIVED) {\n',
  },
  {
    name: 'data for a program that is gone is taken in silence',
    file: 'sim/host/tcp/time-wait.ts',
    find: '    replyReset(this.t, frame, at, end)\n',
    become: '    void [replyReset, at, end]\n',
  },
  {
    name: 'a new SYN finds no way past TIME-WAIT',
    file: 'sim/host/tcp/time-wait.ts',
    find: '      if (after(sequence, next) || newer) return NEW_SYN\n',
    become: '      if (!after(sequence, next) && newer) return NEW_SYN\n',
  },
  {
    name: 'keepalive never gives up',
    file: 'sim/host/tcp/timers.ts',
    find: '  if (c.probes[s]! >= c.keepaliveTries[s]!) {\n',
    become: '  if (c.probes[s]! > 100 + c.keepaliveTries[s]!) {\n',
  },
  {
    name: 'cookies are answered and not understood',
    file: 'sim/host/tcp/syn-cookie.ts',
    find: '  if (((minuteOf(t) - minute) & 0xff) > 1) return undefined\n',
    become: '  if (((minuteOf(t) - minute) & 0xff) >= 0) return undefined\n',
  },
]
