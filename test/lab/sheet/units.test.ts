import {
  DURATION,
  FREQUENCY,
  formatDuration,
  parseUnit,
  RATE,
  SIZE,
  type Unit,
} from '../../../sim/lab/sheet/units.ts'
import { assert, cases } from '../../lib/harness.ts'

interface Row {
  readonly name: string
  readonly unit: Unit
  readonly value: number | RegExp
}

const rows: readonly Row[] = [
  { name: '20ms', unit: DURATION, value: 20_000_000 },
  { name: '1.5s', unit: DURATION, value: 1_500_000_000 },
  { name: '0s', unit: DURATION, value: 0 },
  { name: '24h', unit: DURATION, value: 86_400_000_000_000 },
  { name: '0.1us', unit: DURATION, value: 100 },
  { name: '0.7ms', unit: DURATION, value: 700_000 },
  { name: '2d', unit: DURATION, value: 172_800_000_000_000 },
  { name: '1460B', unit: SIZE, value: 1460 },
  { name: '64KiB', unit: SIZE, value: 65536 },
  { name: '1kB', unit: SIZE, value: 1000 },
  { name: '1Gbit/s', unit: RATE, value: 1_000_000_000 },
  { name: '0.5Mbit/s', unit: RATE, value: 500_000 },
  { name: '1000/s', unit: FREQUENCY, value: 1000 },
  { name: '90/min', unit: FREQUENCY, value: 1.5 },
  { name: '20', unit: DURATION, value: /unit is missing/ },
  { name: '20 ms', unit: DURATION, value: /is not a duration/ },
  { name: '1m', unit: DURATION, value: /unknown unit 'm'; known: ns us ms s min h d/ },
  { name: '-1s', unit: DURATION, value: /is not a duration/ },
  { name: '1e3ms', unit: DURATION, value: /is not a duration|unknown unit/ },
  { name: '0.5ns', unit: DURATION, value: /finer/ },
  { name: '1000d', unit: DURATION, value: /too large/ },
  { name: '1KB', unit: SIZE, value: /unknown unit 'KB'/ },
  { name: '.5s', unit: DURATION, value: /is not a duration/ },
  { name: '1Mbps', unit: RATE, value: /unknown unit/ },
  { name: 'constructors', unit: DURATION, value: /is not a duration/ },
  { name: '1constructor', unit: DURATION, value: /unknown unit/ },
]

cases('units: one number, one unit', rows, ({ name, unit, value }) => {
  const parsed = parseUnit(name, unit)
  if (typeof value === 'number') assert.is(parsed, value)
  else assert.match(String(parsed), value)
})

cases(
  'units: durations are written in the unit that keeps them short',
  [
    { name: '20ms', ns: 20_000_000 },
    { name: '50us', ns: 50_000 },
    { name: '1.5s', ns: 1_500_000_000 },
    { name: '7ns', ns: 7 },
    { name: '0ns', ns: 0 },
  ],
  ({ name, ns }) => assert.is(formatDuration(ns), name),
)
