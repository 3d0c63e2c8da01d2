import type { Plan } from '../../../topology/plan.ts'
import type { TableName } from '../sheet/types.ts'
import { resolved } from './addresses.ts'
import { counted, within } from './bounds.ts'
import type { Sight, Snapshot } from './snapshot.ts'
import type { Misfit, Of } from './watch.ts'

/** A row of a table: column to text, as Linux's tools would show it. */
export type Row = Readonly<Record<string, string>>

/** Reads the rows of a table as they are now. */
export type ReadTable = (table: TableName) => Row[]

/** `table`: what a machine's table holds at an instant, by default at the end. */
export class TableWatch implements Snapshot {
  readonly text: string
  readonly atNs: number | undefined
  private readonly sheet: Of<'table'>
  private readonly plan: Plan
  private rows: Row[] | undefined

  constructor(sheet: Of<'table'>, plan: Plan) {
    this.sheet = sheet
    this.plan = plan
    this.atNs = sheet.atNs
    this.text = `table ${nameOf(sheet.table, plan)}`
  }

  listen(): void {
    // Nothing passes by: the table is read at its instant.
  }

  /** Reads the table, at the instant it was asked for. */
  take(sight: Sight): void {
    this.rows ??= sight.table(this.sheet.table)
  }

  misfit(): Misfit | undefined {
    const { rows: bound, has, match } = this.sheet
    const rows = this.rows ?? []
    const chosen = rows.filter((row) => this.fits(row, match))
    if (bound !== undefined && !within(bound, chosen.length)) {
      const matching = counted(chosen.length, 'row matches', 'rows match')
      return { problem: `${matching}, not ${bound.text}; ${shownRows(rows)}` }
    }
    for (const wanted of has) {
      if (chosen.some((row) => this.fits(row, wanted))) continue
      const nearest = this.nearest(chosen, wanted)
      const there = nearest === undefined ? 'the table is empty' : `nearest row: ${shown(nearest)}`
      return { problem: `no row is ${shown(this.resolve(wanted))}; ${there}` }
    }
    return undefined
  }

  private fits(row: Row, pattern: Row): boolean {
    return this.agreeing(row, pattern) === Object.keys(pattern).length
  }

  private agreeing(row: Row, pattern: Row): number {
    const wanted = Object.entries(this.resolve(pattern))
    return wanted.filter(([column, text]) => text === '*' || row[column] === text).length
  }

  private nearest(rows: readonly Row[], pattern: Row): Row | undefined {
    let best: Row | undefined
    let score = -1
    for (const row of rows) {
      const agreeing = this.agreeing(row, pattern)
      if (agreeing <= score) continue
      best = row
      score = agreeing
    }
    return best
  }

  private resolve(pattern: Row): Row {
    const entries = Object.entries(pattern)
    return Object.fromEntries(entries.map(([key, value]) => [key, resolved(value, this.plan)]))
  }
}

function nameOf(table: TableName, plan: Plan): string {
  const node = table.node === undefined ? undefined : plan.nodes[table.node]
  const iface = table.iface === undefined ? undefined : node?.interfaces[table.iface]?.name
  const network = table.network === undefined ? undefined : plan.networks[table.network]?.name
  return [node?.name, iface, network, table.table].filter((part) => part !== undefined).join('.')
}

function shown(row: Row): string {
  const columns = Object.entries(row).map(([column, text]) => `${column} ${text}`)
  return `{ ${columns.join(', ')} }`
}

const SHOWN = 5

function shownRows(rows: readonly Row[]): string {
  if (rows.length === 0) return 'the table is empty'
  const more = rows.length > SHOWN ? ` and ${rows.length - SHOWN} more` : ''
  return `the table has ${rows.slice(0, SHOWN).map(shown).join(', ')}${more}`
}
