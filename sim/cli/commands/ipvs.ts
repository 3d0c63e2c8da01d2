import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Chance } from '../../engine/chance.ts'
import { oneSpelling, readRecording, type Recording } from '../../lab/ipvs/recording.ts'
import { type Replayed, replay } from '../../lab/ipvs/replay.ts'
import { CommandError, FAILED, OK, systemProblem, USAGE } from '../exit.ts'
import { print, say } from '../terminal.ts'

export interface IpvsSettings {
  readonly json?: boolean | undefined
  readonly seed?: number | undefined
}

/** How a run agrees with its recording. */
interface Agreement {
  agreed: number
  compared: number
  /** Decisions that the recording does not tell. */
  untold: number
  /** The first difference, as a sentence. */
  first?: string
}

/** `vipwire ipvs`: gives recorded connections to our schedulers. Returns the exit code. */
export function ipvs(folder: string, settings: IpvsSettings): number {
  const sum: Agreement = { agreed: 0, compared: 0, untold: 0 }
  let drawn = 0
  let differs = false
  for (const file of recordingsIn(folder)) {
    const recording = read(join(folder, file))
    const ours = replay(recording, new Chance(settings.seed ?? 1).stream(file))
    if (settings.json === true) {
      const chosen = ours.flatMap((each) => (each.chosen === undefined ? [] : [each.chosen]))
      print(JSON.stringify({ file, chosen }))
    }
    if (recording.scheduler === 'twos') {
      drawn++
      continue
    }
    const result = compare(recording, ours)
    sum.agreed += result.agreed
    sum.compared += result.compared
    sum.untold += result.untold
    if (result.first === undefined) continue
    say(`${file}: ${result.first}`)
    differs = true
  }
  const rest = [
    ...(sum.untold > 0 ? [`${sum.untold} more have nothing to compare with`] : []),
    ...(drawn > 0 ? [`${drawn} of the runs draw lots and are not compared`] : []),
  ]
  const line = [`ipvs: ${sum.agreed} of ${sum.compared} decisions`, ...rest].join('; ')
  if (settings.json === true) say(line)
  else print(line)
  return differs ? FAILED : OK
}

function recordingsIn(folder: string): string[] {
  if (!existsSync(folder)) throw new CommandError(USAGE, `${folder}: there is no such folder`)
  if (!statSync(folder).isDirectory()) throw new CommandError(USAGE, `${folder} is no folder`)
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  if (files.length === 0) {
    throw new CommandError(USAGE, `${folder} has no recording of IPVS (a .json file for each run)`)
  }
  return files.sort((a, b) => (a < b ? -1 : 1))
}

function read(path: string): Recording {
  let data: unknown
  try {
    data = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const what = error instanceof SyntaxError ? `is no JSON (${error.message})` : undefined
    throw new CommandError(USAGE, `${path} ${what ?? systemProblem(error)}`)
  }
  const recording = readRecording(data)
  if (typeof recording !== 'string') return recording
  throw new CommandError(USAGE, `${path} is no recording of IPVS: ${recording}`)
}

/** Compares choices, and beside them what was counted. */
function compare(recording: Recording, ours: readonly Replayed[]): Agreement {
  const result: Agreement = { agreed: 0, compared: 0, untold: 0 }
  for (const [i, event] of recording.events.entries()) {
    const mine = ours[i]!
    const differences = countsThatDiffer(event.counts ?? {}, mine)
    if (event.open !== undefined) {
      if (event.chosen === undefined) result.untold++
      else {
        result.compared++
        if (spelled(event.chosen) === spelled(mine.chosen ?? null)) result.agreed++
        else
          differences.unshift(`${mine.chosen ?? 'nobody'} instead of ${event.chosen ?? 'nobody'}`)
      }
    }
    if (differences.length > 0) result.first ??= `event ${i + 1}: ${differences.join(', ')}`
  }
  return result
}

const spelled = (name: string | null): string => (name === null ? '' : oneSpelling(name))

function countsThatDiffer(
  counts: Readonly<Record<string, readonly [number, number] | null>>,
  mine: Replayed,
): string[] {
  const show = (pair: readonly [number, number] | null): string =>
    pair === null ? 'none' : `${pair[0]} active and ${pair[1]} inactive`
  const ours = new Map(Object.entries(mine.counts).map(([name, own]) => [spelled(name), own]))
  return Object.entries(counts).flatMap(([name, theirs]) => {
    const own = ours.get(spelled(name)) ?? null
    return show(own) === show(theirs) ? [] : [`${name} has ${show(own)} instead of ${show(theirs)}`]
  })
}
