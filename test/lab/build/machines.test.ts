import { runSheet } from '../../../sim/lab/index.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

function pings(network: string, rest = ''): number[] {
  const verdict = runSheet(`
title: test
aim: test
topology:
  networks: { lan: { subnets: [10.0.0.0/24], ${network} } }
  nodes:
    a: { interfaces: { eth0: 10.0.0.1/24 } ${rest} }
    b: { interfaces: { eth0: 10.0.0.2/24 } }
steps:
  - { at: 0s, from: a, ping: 10.0.0.2, name: warm }
  - { at: 1s, from: a, ping: 10.0.0.2, name: ping }
expect: [{ response: ping, server: b }]
`)
  assert.equal(
    verdict.expectations.map(({ failure }) => failure),
    [undefined],
  )
  return verdict.responses.map(({ tookNs }) => tookNs)
}

/** An echo of 56 octets is a frame of 98, which occupies a cable for (98 + 24) x 8 bits. */
const BITS = 976
const WAKE = 50_000

cases(
  'the time of a ping',
  [
    { name: 'cable', network: 'delay: 1ms, rate: 1Gbit/s', took: 2 * (1_000_000 + BITS) },
    { name: 'slow cable', network: 'delay: 0s, rate: 1Mbit/s', took: 2 * BITS * 1000 },
    {
      name: 'switch, which takes a whole frame before it sends it on',
      network: 'delay: 1ms, rate: 1Gbit/s, wire: switch',
      took: 2 * (1_000_000 + 2 * BITS),
    },
    {
      name: 'odd delay',
      network: 'delay: 3ns, rate: 1Gbit/s, wire: hub',
      took: 2 * (3 + 2 * BITS),
    },
    {
      name: 'a cable of its own',
      network: 'delay: 1ms, rate: 1Gbit/s, wire: switch, cables: { a: { delay: 3ms } }',
      took: 2 * (2_000_000 + 2 * BITS),
    },
  ],
  ({ network, took }) => assert.is(pings(network)[1], took + WAKE),
)

suite('machines', (test) => {
  test('take as long to wake a program as the sheet says', () => {
    const [, took] = pings('delay: 1ms, rate: 1Gbit/s', ', wake: 1ms')
    assert.is(took, 2 * (1_000_000 + BITS) + 1_000_000)
  })

  test('know their neighbours where the sheet says so', () => {
    const mac = '"02:00:00:00:02:00"'
    const [first, second] = pings('delay: 1ms, rate: 1Gbit/s', `, neighbours: { b: ${mac} }`)
    // b has to ask for a's MAC first: two more frames of 42 octets.
    assert.is(first! - second!, 2 * (1_000_000 + (42 + 24) * 8))
  })
})
