// `npm run soak`: the properties of this folder, with new cases for as long as one likes.
//   npm run soak -- [--minutes N] [--seed N] [--only tcp] [--case JSON]
// Seeds count up from the first, which is printed; a case that fails is made small, and the command
// that runs it alone is printed. `--case` runs one case and, of TCP, shows its segments.

import { parseArgs } from 'node:util'
import type { Plan } from './tcp/plan.ts'
import { run } from './tcp/trial.ts'
import { PROPERTIES, said, search } from './properties.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    only: { type: 'string' },
    case: { type: 'string' },
  },
})
const names = PROPERTIES.map(({ name }) => name)
const minutes = Number(values.minutes)
const first = values.seed === undefined ? (Date.now() / 1000) | 0 : Number(values.seed)
const chosen = PROPERTIES.filter(({ name }) => values.only === undefined || values.only === name)
const isWrong = chosen.length === 0 || !(minutes > 0) || !Number.isInteger(first)
if (isWrong || (values.case !== undefined && values.only === undefined)) {
  console.error(
    `usage: npm run soak -- [--minutes N] [--seed N] [--only ${names.join('|')} [--case JSON]]`,
  )
  process.exit(2)
}

if (values.case === undefined) soak()
else alone(values.case)

function alone(json: string): void {
  const value = JSON.parse(json) as unknown
  const property = chosen[0]!
  if (property.name === 'tcp') run(value as Plan, console.log)
  const sentences = said(property.check, value)
  for (const sentence of sentences) console.log(sentence)
  if (sentences.length > 0) process.exitCode = 1
  else console.log('holds')
}

function soak(): void {
  const until = Date.now() + minutes * 60_000
  const tried = new Map<string, number>(chosen.map(({ name }) => [name, 0]))
  let failures = 0
  let shownAt = 0
  console.log(`seed ${first}, ${minutes} min: ${chosen.map(({ name }) => name).join(', ')}`)
  for (let seed = first; Date.now() < until; seed++) {
    for (const property of chosen) {
      const found = search(property, seed, 50)
      tried.set(property.name, tried.get(property.name)! + (found?.runs ?? 50))
      if (found === undefined) continue
      failures++
      console.log(`\nFAILED ${property.name}, seed ${seed}`)
      for (const sentence of found.sentences.slice(0, 8)) console.log(`  ${sentence}`)
      console.log(
        `  npm run soak -- --only ${property.name} --case '${JSON.stringify(found.value)}'`,
      )
    }
    if (Date.now() - shownAt < 10_000) continue
    shownAt = Date.now()
    console.log(progress(seed, tried, failures, until))
  }
  console.log(progress(-1, tried, failures, until))
  process.exitCode = failures > 0 ? 1 : 0
}

function progress(
  seed: number,
  tried: ReadonlyMap<string, number>,
  failures: number,
  until: number,
): string {
  const counts = [...tried].map(([name, count]) => `${name} ${count}`).join(', ')
  const where =
    seed < 0 ? 'done' : `seed ${seed}, ${((until - Date.now()) / 60_000).toFixed(1)} min left`
  return `${where}: ${counts}, ${failures} failed`
}
