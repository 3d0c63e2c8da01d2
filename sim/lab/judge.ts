import { createJudge, type Judge, type VipOwner } from '../judge/index.ts'
import type { Places, Trace } from '../trace/index.ts'
import type { Network } from './build/machines.ts'
import { showNs } from './expect/bounds.ts'
import type { ServiceSheet, Sheet, StepSheet } from './sheet/types.ts'
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
  const judge = createJudge({
    clientPlaces: interfacesOf(clientsOf(sheet), places),
    servers: sheet.services.flatMap(({ servers }) => servers.map(({ address }) => address)),
    vips: sheet.services.flatMap(({ vips }) => vips.map(({ address }) => address)),
    vipOwners: sheet.services.flatMap((service) => ownersOf(service, places)),
    alive: () => network.hosts.reduce((sum, host) => sum + host.held, network.cabling.inFlight),
  })
  return new SheetJudge(judge, sheet, places)
}

/** Machines that ask, and neither serve nor balance. */
function clientsOf(sheet: Sheet): Set<number> {
  const inside = new Set(sheet.services.flatMap((service) => insiders(service)))
  return new Set(askers(sheet.steps).filter((node) => !inside.has(node)))
}

/** Machines from which steps make traffic. */
export function askers(steps: readonly StepSheet[]): number[] {
  return steps.flatMap((step) => ('timeoutNs' in step ? [step.node] : []))
}

function insiders(service: ServiceSheet): number[] {
  return [service.node, ...service.servers.map(({ node }) => node)]
}

function interfacesOf(nodes: ReadonlySet<number>, places: Places): number[] {
  const found: number[] = []
  for (const [index, { iface, nodeIndex }] of places.list.entries()) {
    if (iface !== undefined && nodes.has(nodeIndex)) found.push(index)
  }
  return found
}

function ownersOf(service: ServiceSheet, places: Places): VipOwner[] {
  const owned = interfacesOf(new Set([service.node]), places)
  return service.vips.flatMap(({ address }) =>
    address.family === 4 ? [{ vip: address.v4, places: owned }] : [],
  )
}
