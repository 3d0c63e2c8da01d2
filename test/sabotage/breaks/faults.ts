import type { Break } from '../break.ts'

/** Faults on cables, machines and programs that fail, recordings. */
export const FAULTS: readonly Break[] = [
  {
    name: 'an impairment loses the frame behind the one it was told to',
    file: 'sim/lab/build/impairments.ts',
    find: '    return this.nth?.has(this.count) ?? true\n',
    become: '    return this.nth?.has(this.count - 1) ?? true\n',
  },
  {
    name: 'a frame with a wrong check sequence is let in',
    file: 'sim/link/port.ts',
    find: 'bad ? this.refusal : this.arrival',
    become: 'bad && false ? this.refusal : this.arrival',
  },
  {
    name: 'a doubled frame is dropped on the way',
    file: 'sim/link/port.ts',
    find: '    const copy = (fate & TWICE) === 0 ? undefined : this.double(frame)\n',
    become: '    void TWICE\n    const copy = frame.id < 0 ? this.double(frame) : undefined\n',
  },
  {
    name: 'a fault goes on after its time',
    file: 'sim/lab/build/impairments.ts',
    find: 'for (const { port, trouble } of this.lanes.get(step.index)!) port.relieve(trouble)',
    become: 'void step',
  },
  {
    name: 'a machine remembers its neighbours through a crash',
    file: 'sim/lab/build/machines.ts',
    find: '  const host = buildHost(network.world, node)\n  for (const iface',
    become:
      '  const host = buildHost(network.world, node)\n' +
      '  for (const n of old.neighbours.list()) {\n' +
      '    host.neighbours.know(host.interfaces[n.iface.index]!, n.address, n.macHi, n.macLo)\n' +
      '  }\n' +
      '  for (const iface',
  },
  {
    name: 'a stopped program goes on listening',
    file: 'sim/app/process.ts',
    find: '    for (const socket of tcp.ownedBy(mine)) tcp.close(socket)\n',
    become: '    void tcp.ownedBy(mine)\n',
  },
  {
    name: 'the stack of a replaying machine answers for the recorded client',
    file: 'sim/app/replay/tap.ts',
    find: '    if (list === undefined || !this.isSound(packet)) return ACCEPT\n',
    become:
      '    if (list === undefined || !this.isSound(packet) || list.length > 0) return ACCEPT\n',
  },
  {
    name: 'a replay acknowledges the numbers of the recorded server',
    file: 'sim/app/replay/flow.ts',
    find: '    view.setUint32(at + 8, first + next)\n',
    become: '',
  },
]
