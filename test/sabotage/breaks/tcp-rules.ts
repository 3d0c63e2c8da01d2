import type { Break } from '../break.ts'

const UNDO = 'sim/host/tcp/undo.ts'
const TIMEOUT = 'sim/host/tcp/timeout-loss.ts'

/** Rules of repair that only show when something was late, or lost in a flight. */
export const TCP_RULES: readonly Break[] = [
  {
    name: 'time stamps never show that a segment was only late',
    file: UNDO,
    find: 'return ((options.tsEcho - clock) | 0) < 0',
    become: 'return ((options.tsEcho - clock) | 0) < -2_000_000_000',
  },
  {
    name: 'F-RTO is never tried',
    file: TIMEOUT,
    find: 'c.frto[s] = t.settings.frto && (',
    become: 'c.frto[s] = !t.settings.frto && (',
  },
  {
    name: 'a window that was taken back stays small',
    file: UNDO,
    find: 'c.cwnd[s] = Math.max(c.cwnd[s]!, c.priorCwnd[s]!)',
    become: 'c.cwnd[s] = Math.min(c.cwnd[s]!, c.priorCwnd[s]!)',
  },
  {
    name: 'a pause leaves the window as it was',
    file: 'sim/host/tcp/congestion.ts',
    find: 'c.cwnd[s] = Math.max(cwnd, floor)',
    become: 'c.cwnd[s] = Math.max(c.cwnd[s]!, floor)',
  },
  {
    name: 'a made connection says nothing about the next hop',
    file: 'sim/host/tcp/establish.ts',
    find: 'c.confirms[s] = 1\n  c.state[s] = ESTABLISHED',
    become: 'c.state[s] = ESTABLISHED',
  },
]
