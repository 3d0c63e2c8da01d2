import { formatAddress } from '../wire/address.ts'
import { showNs } from './expect/bounds.ts'
import type { ProgramSheet, Sheet, SheetProblem } from './sheet/types.ts'

/**
 * What is right as a sheet and cannot be run: asked once a sheet has been read, so that the
 * machines need not expect it. Problems in the order of the file.
 */
export function checkSheet(sheet: Sheet): SheetProblem[] {
  const problems = [...listeners(sheet), ...instants(sheet)]
  return problems.sort((a, b) => a.line - b.line || a.column - b.column)
}

function problemAt(place: { line: number; column: number }, problem: string): SheetProblem {
  return { line: place.line, column: place.column, problem, hint: undefined, warning: false }
}

/** Two programs cannot listen on one port. */
function listeners({ programs, plan }: Sheet): SheetProblem[] {
  const problems: SheetProblem[] = []
  for (const [i, program] of programs.entries()) {
    for (const node of program.nodes) {
      const other = programs
        .slice(0, i)
        .find((each) => each.nodes.includes(node) && meet(each, program))
      if (other === undefined) continue
      const port = `${program.port}/${program.protocol}`
      const where = plan.nodes[node]!.name
      problems.push(problemAt(program, `${port} of ${where} is taken by program '${other.name}'`))
    }
  }
  return problems
}

function meet(one: ProgramSheet, other: ProgramSheet): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false
  if (one.address === undefined || other.address === undefined) return true
  return formatAddress(one.address) === formatAddress(other.address)
}

/** What is to be read after the end of the run would never be. */
function instants({ expect, untilNs }: Sheet): SheetProblem[] {
  if (untilNs === undefined) return []
  return expect.flatMap((each) => {
    const atNs = each.kind === 'table' || each.kind === 'connections' ? each.atNs : undefined
    if (atNs === undefined || atNs <= untilNs) return []
    return [problemAt(each, `the run ends at ${showNs(untilNs)}, before ${showNs(atNs)}`)]
  })
}
