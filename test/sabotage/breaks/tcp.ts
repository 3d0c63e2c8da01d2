import type { Break } from '../break.ts'

/** Connections: how they begin, acknowledge, wait and end. */
export const TCP: readonly Break[] = [
  {
    name: 'a connection begins with the same number as every other',
    file: 'sim/host/tcp/identity.ts',
    find: 'return (hash + Math.floor(t.now / 64)) >>> 0',
    become: 'return hash === 0 ? Math.floor(t.now / 64) : 1',
  },
  {
    name: 'ACKs are never delayed',
    file: 'sim/host/tcp/ack-policy.ts',
    find: 'ranges.count === 0) delay(t, s)\n',
    become: 'ranges.count === 0) sendAck(t, s)\n',
  },
  {
    name: 'ACKs are delayed from the first segment on',
    file: 'sim/host/tcp/ack-policy.ts',
    find: 'const quick = c.quick[s] !== 0 && !inPingpong(t, s)',
    become: 'const quick = c.quick[s] !== 0 && inPingpong(t, s)',
  },
  {
    name: 'closing sends no FIN',
    file: 'sim/host/tcp/life.ts',
    find: '  c.shut[s]! |= SEND_SHUT\n  sendFin(t, s)\n',
    become: '  c.shut[s]! |= SEND_SHUT\n  void sendFin\n',
  },
  {
    name: 'the window is told unscaled',
    file: 'sim/host/tcp/receive-window.ts',
    find: 'return Math.min(window, UNSCALED_MAX * unit) >>> c.rcvScale[s]!',
    become: 'return Math.min(window, UNSCALED_MAX)',
  },
  {
    name: 'a time stamp echoes nothing',
    file: 'sim/host/tcp/segment.ts',
    find: 'const echo = c.tsRecent[s]!',
    become: 'const echo = 0',
  },
  {
    name: 'SACK is not offered',
    file: 'sim/host/tcp/options.ts',
    find: '(sack ? OPT_SACK : 0)',
    become: '(sack ? 0 : 0)',
  },
  {
    name: 'a closed port keeps silent',
    file: 'sim/host/tcp/refuse.ts',
    find: '  const own = acks ? tcp.RST : tcp.RST | tcp.ACK\n',
    become: '  if (bits !== 0) return\n  const own = acks ? tcp.RST : tcp.RST | tcp.ACK\n',
  },
  {
    name: 'the MSS forgets the headers',
    file: 'sim/host/tcp/identity.ts',
    find: 'return Math.min(65495, mtu - ip.headerLen(familyOf(remote)) - tcp.MIN_LEN)',
    become: 'return Math.min(65495, mtu - 0 * ip.headerLen(familyOf(remote)) - 0 * tcp.MIN_LEN)',
  },
  {
    name: 'segments are longer than the peer takes',
    file: 'sim/host/tcp/establish.ts',
    find: 'c.mssClamp[s] = Math.max(MIN_MSS, options.mss === 0 ? DEFAULT_MSS : options.mss)',
    become: 'c.mssClamp[s] = Math.max(MIN_MSS, options.mss === 0 ? DEFAULT_MSS : 65535)',
  },
  {
    name: 'every connection leaves from the same port',
    file: 'sim/host/tcp/connect.ts',
    find: '      const port = PORT_FIRST + (i % PORT_COUNT)\n      if (t.demux.find(local, remote, portsOf(port, remotePort)) !== NOTHING) continue\n',
    become: '      const port = PORT_FIRST + (0 * i * PORT_COUNT)\n',
  },
  {
    name: 'IP ids do not rise',
    file: 'sim/host/tcp/segment.ts',
    find: '  if (family === 4) c.ipIdent[s] = (ident + 1) & 0xffff\n',
    become: '',
  },
  {
    name: 'segments may be fragmented',
    file: 'sim/host/tcp/segment.ts',
    find: 'ident, flagsFor(c.dontFragment[s]!, true))',
    become: 'ident, 0 * flagsFor(c.dontFragment[s]!, true))',
  },
  {
    name: 'small writes leave at once',
    file: 'sim/host/tcp/transmit.ts',
    find: '      if (last && !isFin && mustWait(t, s, length < mss, mode)) break\n',
    become: '      if (last && isFin && mustWait(t, s, length < mss, mode)) break\n',
  },
  {
    name: 'the first flight has no limit',
    file: 'sim/host/tcp/establish.ts',
    find: 'c.cwnd[s] = c.totalRto[s]! > 1 ? 1 : INITIAL_WINDOW',
    become: 'c.cwnd[s] = c.totalRto[s]! > 1 ? 1 : 10 * INITIAL_WINDOW',
  },
  {
    name: 'nobody waits in TIME-WAIT',
    file: 'sim/host/tcp/life.ts',
    find: '  t.timeWaits!.add(s, substate, delay)\n',
    become: '  if (delay < 0) t.timeWaits!.add(s, substate, delay)\n',
  },
  {
    name: 'keepalive is never begun',
    file: 'sim/host/tcp/socket-options.ts',
    find: 'else if (c.state[s]! >= ESTABLISHED) setKeepalive',
    become: 'else if (c.state[s]! < 0) setKeepalive',
  },
  {
    name: 'an abort tells nobody',
    file: 'sim/host/tcp/life.ts',
    find: '  if (tells) sendReset(t, s)\n',
    become: '  if (!tells) sendReset(t, s)\n',
  },
  {
    name: 'what is lost is never sent again',
    file: 'sim/host/tcp/timers.ts',
    find: '  if (kind === TIMER_RTO) timeout(t, s)\n',
    become: '  if (kind === TIMER_RTO && kind < 0) timeout(t, s)\n',
  },
]
