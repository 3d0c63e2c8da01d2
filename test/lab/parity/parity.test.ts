import { compare, EXACT, type ParityFile, type ParityFrame } from '../../../sim/lab/parity/index.ts'
import { assert, cases, suite } from '../../lib/harness.ts'
import { framesOf, itself, replaced, scenarios } from './recordings.ts'
import { type Change, fromServer, isTcp, plus, rewritten, stampAt } from './reframe.ts'

cases(
  'parity: every capture agrees with itself',
  scenarios.map((name) => ({ name })),
  ({ name }) => {
    const result = compare(itself(name))
    assert.is(result.firstDifference, undefined)
    assert.is(result.agreed, result.frames)
    assert.ok(result.frames > 0)
  },
)

/** Our side of a scenario with every frame changed alike. */
function allChanged(scenario: string, change: Change): ParityFile[] {
  return itself(scenario).map((file) => ({
    ...file,
    ours: file.ours.map((frame) => ({ ...frame, bytes: rewritten(frame.bytes, change) })),
  }))
}

const byChance: { name: string; change: Change }[] = [
  {
    name: 'initial sequence numbers',
    change: (v) => {
      if (!isTcp(v)) return
      plus(v, 38, fromServer(v) ? 0xdeadbeef : 0x12345678)
      if ((v.getUint8(47) & 16) !== 0) plus(v, 42, fromServer(v) ? 0x12345678 : 0xdeadbeef)
    },
  },
  {
    name: 'time stamps',
    change: (v) => {
      const at = stampAt(v)
      if (at < 0) return
      plus(v, at, fromServer(v) ? 777 : 4_000_000_000)
      if (v.getUint32(at + 4) !== 0) plus(v, at + 4, fromServer(v) ? 4_000_000_000 : 777)
    },
  },
  {
    name: 'where IP ids begin',
    change: (v) => {
      if (isTcp(v) && v.getUint16(18) !== 0) v.setUint16(18, (v.getUint16(18) + 5000) & 0xffff)
    },
  },
  {
    name: 'a free port',
    change: (v) => {
      if (isTcp(v)) v.setUint16(fromServer(v) ? 36 : 34, 51234)
    },
  },
  {
    name: 'MACs',
    change: (v) => {
      for (const at of v.getUint16(12) === 0x0806 ? [0, 6, 22, 32] : [0, 6]) {
        if (v.getUint16(at) === 0x0200) v.setUint16(at, 0x0a00)
      }
    },
  },
]

cases('parity: what chance draws may differ', byChance, ({ change }) => {
  const files = allChanged('01-inline-dnat', change)
  const result = compare(files)
  assert.is(result.firstDifference, undefined)
  const changed = files.some((file) =>
    file.ours.some((frame, i) => !Buffer.from(frame.bytes).equals(file.theirs[i]!.bytes)),
  )
  assert.ok(changed, 'the change did nothing')
})

suite('parity: order', (test) => {
  test('frames of opposite directions 50 us apart may stand either way', () => {
    const theirs = framesOf('01-inline-dnat/client-eth0')
    const a = theirs[7]!
    const b = theirs[8]!
    assert.ok(b.timeNs - a.timeNs < 50_000)
    const ours = replaced(replaced(theirs, 7, { ...b, timeNs: a.timeNs - 5_000 }), 8, a)
    const result = compare([{ name: 'x', ours, theirs, stability: EXACT }])
    assert.is(result.firstDifference, undefined)
  })
})

suite('parity: structure holds between files', (test) => {
  test('another initial number on the other side of the balancer', () => {
    const files = itself('01-inline-dnat')
    const last = files.findIndex((file) => file.name === 's1-eth0')
    const moved = files[last]!.ours.map((frame) => ({
      ...frame,
      bytes: rewritten(frame.bytes, (v) => {
        if (!isTcp(v)) return
        plus(v, 38, fromServer(v) ? 0 : 77)
        if (fromServer(v)) plus(v, 42, 77)
      }),
    }))
    const result = compare(replaced(files, last, { ...files[last]!, ours: moved }))
    assert.is(result.firstDifference?.file, 's1-eth0')
    assert.is(result.firstDifference?.field, 'tcp.seq (initial)')
  })
})

suite('parity: projected', (test) => {
  const name = '10-handshake/client-eth0'
  const theirs = framesOf(name)

  function run(ours: ParityFrame[], items: string[]): ReturnType<typeof compare> {
    return compare([{ name, ours, theirs, stability: { cls: 'projected', items } }])
  }

  test('the ACK of a FIN without data may come alone', () => {
    const fin = theirs[5]!
    const lone = rewritten(theirs[6]!.bytes, (v) => v.setUint8(47, 16))
    const ours = [
      ...theirs.slice(0, 6),
      { timeNs: fin.timeNs + 100_000, bytes: lone },
      ...theirs.slice(6),
    ]
    assert.is(run(ours, ['all but the FIN race']).firstDifference, undefined)
    const exact = compare([{ name, ours, theirs, stability: EXACT }])
    assert.ok(exact.firstDifference !== undefined)
  })

  test('what an item does not name is not compared, what it names is', () => {
    const ours = theirs.map((frame, i) =>
      i === 4 ? { ...frame, bytes: rewritten(frame.bytes, (v) => v.setUint16(48, 400)) } : frame,
    )
    assert.is(run(ours, ['SYN FIN RST', 'SYN options', 'first window']).agreed, theirs.length)
    const fewer = theirs.filter((_, i) => i !== 6)
    const result = run(fewer, ['SYN FIN RST'])
    assert.is(result.agreed, 0)
    assert.match(result.firstDifference?.field ?? '', /^SYN FIN RST, 172\.16\.20\.1:80>/)
  })

  test('data segments, by first transmission', () => {
    const upload = '08d-icmp-fragneeded-upload/client-eth0'
    const all = framesOf(upload)
    const items = ['data segments', 'retransmitted', 'payload bytes', 'SYN FIN RST']
    const cut = all.filter((frame) => frame.bytes.length < 1500)
    const files = [
      { name: upload, ours: cut, theirs: all, stability: { cls: 'projected', items } as const },
    ]
    assert.match(compare(files).firstDifference?.field ?? '', /^data segments, /)
  })
})
