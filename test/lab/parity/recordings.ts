import { readdirSync, readFileSync } from 'node:fs'
import { sinceNs } from '../../../sim/capture/index.ts'
import {
  type ParityFile,
  type ParityFrame,
  type Stability,
  stabilityOf,
} from '../../../sim/lab/parity/index.ts'
import { linuxCapture } from '../../capture/linux.ts'

const folder = new URL('../../../pcaps/linux/', import.meta.url).pathname
const stable: unknown = JSON.parse(readFileSync(`${folder}stable.json`, 'utf8'))
export const scenarios = readdirSync(folder).filter((name) => /^\d/.test(name))

function stability(scenario: string, capture: string): Stability {
  const found = stabilityOf(stable, scenario, capture)
  if (typeof found === 'string') throw new Error(found)
  return found
}

export function framesOf(name: string): ParityFrame[] {
  const { records } = linuxCapture(name)
  const epoch = records[0]?.seconds ?? 0
  return records.map((record) => ({ timeNs: sinceNs(record, epoch), bytes: record.bytes }))
}

/** All files of a scenario, each compared with itself. */
export function itself(scenario: string): ParityFile[] {
  return readdirSync(folder + scenario)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => {
      const capture = name.slice(0, -5)
      const frames = framesOf(`${scenario}/${capture}`)
      return {
        name: capture,
        ours: frames,
        theirs: frames,
        stability: stability(scenario, capture),
      }
    })
}

/** The list with another item at `index`. */
export function replaced<Item>(list: readonly Item[], index: number, item: Item): Item[] {
  return list.map((each, i) => (i === index ? item : each))
}
