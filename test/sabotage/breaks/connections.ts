import type { Break } from '../break.ts'

/** Connections: states and timeouts of both tables, windows, defences, floods. */
export const CONNECTIONS: readonly Break[] = [
  {
    name: 'secure_tcp believes the ACK of a client',
    file: 'sim/balancer/states.ts',
    find: "  row('ES ES SS SR FW TW CL CW CL LI SA'),\n",
    become: "  row('ES ES SS ES FW TW CL CW CL LI ES'),\n",
  },
  {
    name: 'secure_tcp does not wait for the server',
    file: 'sim/balancer/states.ts',
    find: "  row('SS ES SS SA SS SS SS SS SS LI SA'),\n",
    become: "  row('SS ES SS SR SS SS SS SS SS LI SR'),\n",
  },
  {
    name: 'secure_tcp stays when it is switched off',
    file: 'sim/balancer/defence.ts',
    find: '    this.connections.secure = isOn(',
    become: '    this.connections.secure ||= isOn(',
  },
  {
    name: 'drop_packet begins with the last of each ten',
    file: 'sim/balancer/defence.ts',
    find: 'if (this.rate === 0 || --this.left > 0) return false',
    become: 'if (this.rate === 0 || --this.left > -this.rate) return false',
  },
  {
    name: 'drop_entry gives up what is open',
    file: 'sim/balancer/defence.ts',
    find: 'if (state === SYN_RECV || state === SYNACK) return true',
    become: 'if (state === SYN_RECV || state === SYNACK || state === ESTABLISHED) return true',
  },
  {
    name: 'drop_entry looks at everything each second',
    file: 'sim/balancer/defence.ts',
    find: 'const LOOKED_AT = 2016\n',
    become: 'const LOOKED_AT = 65_536\n',
  },
  {
    name: 'drop_entry spares nobody for a minute',
    file: 'sim/balancer/defence.ts',
    find: 'const SPARED_NS = 60 * SECOND_NS',
    become: 'const SPARED_NS = 0 * SECOND_NS',
  },
  {
    name: 'a SYN of a flow that tracking knows is passed on',
    file: 'sim/balancer/balancer.ts',
    find: 'if (!isTracked || !this.machine.isKnown(packet.flow)) return this.begin(packet)',
    become:
      'if (!isTracked || this.machine.isKnown(-1) || packet.flow !== -9) return this.begin(packet)',
  },
  {
    name: 'a segment beyond the window of its receiver is translated',
    file: 'sim/nat/tcp-windows.ts',
    find: 'if (isAfter(sequence, this.maxEnd[sender]!)) {',
    become: 'if (isAfter(sequence, this.maxEnd[sender]! + 2_000_000)) {',
  },
  {
    name: 'be_liberal changes nothing',
    file: 'sim/nat/tcp-windows.ts',
    find: 'return liberal || this.hasMark(sender, LIBERAL) ? TAKEN : judgment',
    become: 'return liberal && this.hasMark(sender, LIBERAL) ? TAKEN : judgment',
  },
  {
    name: 'a repeated SYN+ACK lets a half-open flow live on',
    file: 'sim/nat/track-states.ts',
    find: "  row('-- SR .. .. .. .. .. .. .. SR'),\n",
    become: "  row('-- SR SR .. .. .. .. .. .. SR'),\n",
  },
  {
    name: 'a full table gives up what is assured',
    file: 'sim/nat/conntrack.ts',
    find: 'if ((flows.flags[row]! & ASSURED) === 0) {',
    become: 'if ((flows.flags[row]! & ASSURED) === 0 || left > 0) {',
  },
  {
    name: 'senders of a flood all have one address',
    file: 'sim/app/flood.ts',
    find: 'if (length > 0) return this.senders[this.sent % length]!',
    become: 'if (length > 0) return this.senders[0 * this.sent]!',
  },
  {
    name: 'the ports of a flood do not rise',
    file: 'sim/app/flood.ts',
    find: 'return ((sourcePort - 1 + this.sent) % 0xffff) + 1',
    become: 'return sourcePort',
  },
]
