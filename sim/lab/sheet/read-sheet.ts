import type { Plan } from '../../../topology/plan.ts'
import type { CaptureFile } from '../../capture/index.ts'
import { INVARIANT_NAMES } from '../../judge/index.ts'
import { checkPlan } from './check-plan.ts'
import { completeExpectations } from './complete-expect.ts'
import { completeFilter } from './complete-filter.ts'
import { choosersOf, completeNat } from './complete-nat.ts'
import { completeNotes } from './complete-notes.ts'
import { completePrograms, defaultPrograms } from './complete-programs.ts'
import { completeServices } from './complete-services.ts'
import type { CaptureDoor } from './complete-replay.ts'
import { completeSteps } from './complete-steps.ts'
import { epochSeconds } from './epoch.ts'
import { readExpert, reasonOf } from './expert-items.ts'
import { isMap } from './merge.ts'
import { suggestion } from './nearest.ts'
import { Problems, sorted } from './problems.ts'
import { readDrawing } from './read-drawing.ts'
import { KEY_ORDER, type RawSheet, sheet as sheetSchema } from './schema/sheet.ts'
import { type Sections, salvage } from './salvage.ts'
import { readSource, type Source } from './source.ts'
import type { AllowSheet, Sheet, SheetProblem } from './types.ts'

const DEFAULT_EPOCH = '2017-07-29T00:00:00Z'

export interface SheetInput {
  /** Name for messages. */
  readonly file: string
  readonly text: string
  /** Text of another file, named relative to the sheet, or undefined. */
  read(name: string): string | undefined
  /** Frames of a capture file, named alike; without it no sheet can replay one. */
  capture?(name: string): CaptureFile | undefined
}

export type SheetResult =
  | { readonly sheet: Sheet; readonly warnings: readonly SheetProblem[] }
  | { readonly errors: readonly SheetProblem[] }

/** Reads a sheet; all mistakes of the file at once, in the order of the file. */
export function readSheet(input: SheetInput): SheetResult {
  const source = readSource(input.text)
  const problems: SheetProblem[] = [...source.problems]
  const { value } = source
  if (!isMap(value)) {
    const problem = 'a sheet is a map that begins with its title'
    return { errors: problems.length > 0 ? sorted(problems) : [atStart(problem)] }
  }
  if ('nodes' in value && !('steps' in value)) {
    const hint = `a sheet has steps, and names a drawing: topology: ./FILE`
    return { errors: [atStart('this is a drawing and no sheet', hint)] }
  }
  const report = new Problems(source)
  const parsed = sheetSchema.safeParse(value)
  if (!parsed.success) report.addIssues(parsed.error.issues)
  checkOrder(source, report)
  const drawn =
    'topology' in value ? readDrawing(value['topology'], source, input.read, problems) : undefined
  const sections = parsed.success ? sectionsOf(parsed.data) : salvage(value)
  if (!parsed.success && isMap(value['allow'])) readAllow(value['allow'], report)
  if (!parsed.success && isMap(value['expert'])) readExpert(value['expert'], report)
  const completed =
    drawn === undefined ? undefined : complete(sections, drawn, report, input.capture)
  const sheet =
    parsed.success && completed !== undefined
      ? { file: input.file, ...completed, ...header(parsed.data, completed.plan, report) }
      : undefined
  const suspicious = new Set(source.problems.map(({ line, column }) => `${line}:${column}`))
  const found = [...problems.slice(source.problems.length), ...report.list]
  const others = found.filter(({ line, column }) => !suspicious.has(`${line}:${column}`))
  const all = sorted([...source.problems, ...others])
  const errors = all.filter((problem) => !problem.warning)
  if (sheet === undefined || errors.length > 0) return { errors }
  return { sheet: { ...sheet, warnings: all }, warnings: all }
}

function atStart(problem: string, hint?: string): SheetProblem {
  return { line: 1, column: 1, problem, hint, warning: false }
}

function sectionsOf(raw: RawSheet): Sections {
  const { programs = {}, services = {}, nat = [], filter = [], steps, expect } = raw
  return { programs, services, brokenServices: [], nat, filter, steps, expect }
}

type Completed = Pick<
  Sheet,
  'plan' | 'programs' | 'services' | 'nat' | 'filter' | 'steps' | 'expect'
>

function complete(
  raw: Sections,
  drawn: Plan,
  problems: Problems,
  captures: CaptureDoor | undefined,
): Completed {
  checkPlan(drawn, problems)
  const { services, plan } = completeServices(raw.services, drawn, raw.steps, problems)
  const nat = completeNat(raw.nat, plan, Object.keys(raw.services), problems)
  const written = completePrograms(raw.programs, plan, problems)
  const running = [...written, ...defaultPrograms(services, written)]
  const filter = completeFilter(raw.filter, plan, problems)
  const steps = completeSteps(raw.steps, plan, { programs: running, services, captures }, problems)
  const { brokenServices } = raw
  const broken = raw.steps.flatMap((step, i) => (step.verb === 'broken' ? [i] : []))
  const context = {
    plan,
    services,
    choosers: choosersOf(services, nat),
    brokenServices,
    steps,
    brokenSteps: new Set(broken),
    problems,
  }
  const expect = completeExpectations(raw.expect, context)
  return { plan, programs: running, services, nat, filter, steps, expect }
}

function header(
  raw: RawSheet,
  plan: Plan,
  report: Problems,
): Omit<Sheet, keyof Completed | 'file' | 'warnings'> {
  const { parity } = raw
  return {
    title: raw.title,
    aim: raw.aim.trim(),
    covers: raw.covers ?? [],
    untilNs: raw.until,
    allow: readAllow(raw.allow ?? {}, report),
    expert: readExpert(raw.expert ?? {}, report),
    seed: raw.seed ?? 1,
    epochSeconds: readEpoch(raw.epoch ?? DEFAULT_EPOCH, report),
    parity: parity && {
      ...report.placeOf(['parity']),
      against: parity.against,
      sinceNs: parity.since ?? 0,
      names: parity.names ?? {},
      without: parity.without ?? [],
    },
    notes: completeNotes(raw.notes ?? [], plan, report),
  }
}

function checkOrder(source: Source, report: Problems): void {
  let last = -1
  let lastKey = ''
  for (const key of source.keys([])) {
    const place = KEY_ORDER.indexOf(key)
    if (place < 0) continue
    if (place < last) {
      report.warn(
        [key],
        `'${key}' stands behind '${lastKey}'; the order is ${KEY_ORDER.join(', ')}`,
      )
      return
    }
    last = place
    lastKey = key
  }
}

function readAllow(allow: Readonly<Record<string, unknown>>, report: Problems): AllowSheet[] {
  return Object.entries(allow).map(([invariant, reason]) => {
    if (!(INVARIANT_NAMES as readonly string[]).includes(invariant)) {
      const hint = suggestion(invariant, INVARIANT_NAMES)
      report.keyError(['allow', invariant], `unknown invariant '${invariant}'${hint}`)
    }
    return { ...report.placeOf(['allow', invariant]), invariant, reason: reasonOf(reason) }
  })
}

function readEpoch(text: string, report: Problems): number {
  const seconds = epochSeconds(text)
  if (seconds !== undefined) return seconds
  report.error(['epoch'], `'${text}' is no instant; write "2017-07-29T00:00:00Z"`)
  return 0
}
