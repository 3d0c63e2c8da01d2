import { createJudge, type Judge, type VipOwner } from '../judge/index.ts'
import type { Places, Trace } from '../trace/index.ts'
import type { Network } from './build/machines.ts'
import { showNs } from './expect/bounds.ts'
import { type Front, frontsOf } from './fronts.ts'
import type { Sheet, StepSheet } from './sheet/types.ts'
import type { InvariantResult } from './verdict.ts'

/** The judge of a run, with what the sheet allows. */
export class SheetJudge {
  private readonly judge: Judge
  private readonly sheet: Sheet
  private readonly places: Places

  constructor(judge: Judge, sheet: Sheet, places: Places) {
    this.judge = judge
    this.sheet = sheet
    this.places = places
  }

  listen(trace: Trace): void {
    this.judge.listen(trace)
  }

  /** An invariant that was broken, or that was allowed to be and was not, is not ok. */
  results(): InvariantResult[] {
    const watched = this.judge.verdicts().map(({ name, broken, first }): InvariantResult => {
      const allowed = this.sheet.allow.find((each) => each.invariant === name)?.reason
      const ok = allowed === undefined ? broken === 0 : broken > 0
      if (first === undefined) return { name, ok, broken, allowed, detail: undefined }
      const where = first.place < 0 ? '' : ` at ${this.places.name(first.place)}`
      const detail = `${showNs(first.timeNs)}${where}: ${first.detail}`
      return { name, ok, broken, allowed, detail }
    })
    const unwatched = this.sheet.allow.filter(
      ({ invariant }) => !watched.some(({ name }) => name === invariant),
    )
    const detail = 'this version does not watch it, so it cannot be seen to break'
    return [
      ...watched,
      ...unwatched.map(({ invariant, reason }) => {
        return { name: invariant, ok: false, broken: 0, allowed: reason, detail }
      }),
    ]
  }
}

/** Tells the judge who asks, who serves and who owns which virtual address. */
export function judgeOf(sheet: Sheet, network: Network): SheetJudge {
  const { places } = network.world
  const fronts = frontsOf(sheet)
  const judge = createJudge({
    clientPlaces: interfacesOf(clientsOf(sheet, fronts), places),
    servers: fronts.flatMap(({ servers }) => servers.map(({ address }) => address)),
    vips: fronts.flatMap(({ vips }) => vips),
    translatesSources: translatesSources(sheet),
    vipOwners: fronts.flatMap((front) => ownersOf(front, places)),
    alive: () => network.hosts.reduce((sum, host) => sum + host.held, network.cabling.inFlight),
  })
  return new SheetJudge(judge, sheet, places)
}

/** Whether a machine may change the source of what it forwards. */
function translatesSources({ nat, services }: Sheet): boolean {
  return (
    nat.length > 0 || services.some(({ forward }) => forward.includes('nat') && forward !== 'dnat')
  )
}

/** Machines that ask, and neither serve nor stand before servers. */
function clientsOf(sheet: Sheet, fronts: readonly Front[]): Set<number> {
  const inside = new Set(fronts.flatMap(({ node, servers }) => [node, ...servers.map(nodeOf)]))
  return new Set(askers(sheet.steps).filter((node) => !inside.has(node)))
}

/** Machines from which steps make traffic. */
export function askers(steps: readonly StepSheet[]): number[] {
  return steps.flatMap((step) => ('timeoutNs' in step ? [step.node] : []))
}

const nodeOf = ({ node }: Front['servers'][number]): number => node ?? -1

function interfacesOf(nodes: ReadonlySet<number>, places: Places): number[] {
  const found: number[] = []
  for (const [index, { iface, nodeIndex }] of places.list.entries()) {
    if (iface !== undefined && nodes.has(nodeIndex)) found.push(index)
  }
  return found
}

function ownersOf({ node, vips }: Front, places: Places): VipOwner[] {
  const owned = interfacesOf(new Set([node]), places)
  return vips.map((vip) => ({ vip, places: owned }))
}
