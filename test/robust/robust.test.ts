import { assert, cases } from '../lib/harness.ts'
import { PROPERTIES, search } from './properties.ts'
import { FOUND } from './tcp/found.ts'
import { run } from './tcp/trial.ts'

/** Cases a property; `npm run soak` tries as many as there is time for. */
const RUNS: Readonly<Record<string, number>> = { tcp: 250, segments: 150 }

// Of a failure the smallest case is shown; `npm run soak -- --only NAME --case JSON` runs it alone.
cases('whatever comes', PROPERTIES, (property) => {
  const found = search(property, 20_260, RUNS[property.name]!)
  if (found === undefined) return
  const again = `npm run soak -- --only ${property.name} --case '${JSON.stringify(found.value)}'`
  assert.unreachable(`${found.sentences.slice(0, 8).join('\n')}\nagain: ${again}`)
})

cases('what was found', FOUND, ({ plan }) => {
  const { complaints, programs } = run(plan)
  assert.equal(complaints, [])
  for (const program of programs.flat()) assert.is(program.outcome, 'end')
})
