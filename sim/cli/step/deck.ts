import { changesBetween, type Sheet } from '../../lab/index.ts'
import type { Hop } from '../../show/hops.ts'
import type { Deck } from '../../show/step-screen.ts'

/** A run that was recorded, ready to be gone through. */
export function deckOf(sheet: Sheet, hops: readonly Hop[]): Deck {
  const { nodes } = sheet.plan
  const before = earlierHops(hops)
  return {
    title: sheet.title,
    aim: sheet.aim,
    hops,
    nodes: nodes
      .map((node) => node.name)
      .filter((name) => hops.some((hop) => hop.fromNode === name || hop.toNode === name)),
    changes: (index) => {
      const earlier = before[index]
      const hop = hops[index]!
      return earlier === undefined ? [] : changesBetween(earlier.octets, hop.octets, 0)
    },
    remarks: (index) => remarksOn(sheet, hops, index),
  }
}

/** For each hop that of the same packet which brought it to the machine that sends it now. */
function earlierHops(hops: readonly Hop[]): (Hop | undefined)[] {
  const latest = new Map<string, Hop>()
  return hops.map((hop) => {
    const earlier = latest.get(`${hop.frameId} ${hop.fromNode}`)
    if (hop.toNode !== undefined) latest.set(`${hop.frameId} ${hop.toNode}`, hop)
    return earlier
  })
}

/** Notes of the sheet: of the time since the frame before, and of the machines at both ends. */
function remarksOn(sheet: Sheet, hops: readonly Hop[], index: number): string[] {
  const { sentNs, fromNode, toNode } = hops[index]!
  const sinceNs = index === 0 ? -1 : hops[index - 1]!.sentNs
  const isNow = (atNs: number | undefined): boolean =>
    atNs !== undefined && atNs > sinceNs && atNs <= sentNs
  const remarks = sheet.notes
    .filter((note) => isNow(note.atNs))
    .map(({ beside, text }) => (beside === undefined ? text : `${beside}: ${text}`))
  for (const { name, note, atNs } of sheet.steps) {
    if (note !== undefined && isNow(atNs)) remarks.push(`${name}: ${note}`)
  }
  for (const { name, note } of sheet.plan.nodes) {
    if (note !== undefined && (name === fromNode || name === toNode))
      remarks.push(`${name}: ${note}`)
  }
  return remarks
}
