import { spawnSync } from 'node:child_process'
import { FIELD_TYPES } from '../../sim/judge/index.ts'
import { tsharkProblem } from '../capture/tshark.ts'
import { assert, skip, suite } from '../lib/harness.ts'

/** What tshark calls the types that must be the same there; numbers come in many sizes. */
const SAME: Readonly<Record<string, RegExp>> = {
  ipv4: /^FT_IPv4$/,
  ipv6: /^FT_IPv6$/,
  ether: /^FT_ETHER$/,
  string: /^FT_STRINGZ?(?:PAD)?$/,
  bool: /^FT_(?:BOOLEAN|NONE)$/,
  uint: /^FT_(?:U?INT\d+|FRAMENUM|BOOLEAN)$/,
}

if (tsharkProblem !== undefined) skip("fields by Wireshark's names", tsharkProblem)
else {
  const { stdout } = spawnSync('tshark', ['-G', 'fields'], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const types = new Map<string, string[]>()
  for (const line of stdout.split('\n')) {
    const [kind, , name = '', type = ''] = line.split('\t')
    // Options of TCP are protocols of their own there.
    const named = kind === 'P' ? 'FT_PROTOCOL' : type
    types.set(name, [...(types.get(name) ?? []), named])
  }
  const fields = [...FIELD_TYPES].filter(([, type]) => type !== 'protocol')
  suite("fields by Wireshark's names", (test) => {
    test('are all known to tshark', () => {
      assert.ok(types.size > 10_000)
      assert.equal(
        fields.map(([name]) => name).filter((name) => !types.has(name)),
        [],
      )
    })
    test('and have the type that it gives them', () => {
      const odd = fields.filter(([name, type]) => {
        const known = types.get(name) ?? []
        return SAME[type] !== undefined && !known.some((each) => SAME[type]!.test(each))
      })
      assert.equal(
        odd.map(([name, type]) => `${name} ${type}: ${types.get(name)}`),
        [],
      )
    })
  })
}
