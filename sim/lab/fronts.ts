import type { Address } from '../wire/address.ts'
import type { NatRuleSheet, Sheet } from './sheet/types.ts'

/** A machine that owns virtual addresses, and the servers behind them. */
export interface Front {
  readonly node: number
  readonly vips: readonly Address[]
  /** `node`: undefined for an address that no machine has. */
  readonly servers: readonly { readonly node: number | undefined; readonly address: Address }[]
}

/**
 * Who stands before whom: services, and rules of `nat` that change a destination. Of those the
 * virtual address is the one asked for, when the rule names one.
 */
export function frontsOf(sheet: Sheet): Front[] {
  const services = sheet.services.map(({ node, vips, servers }): Front => {
    return { node, vips: vips.map(({ address }) => address), servers }
  })
  return [...services, ...sheet.nat.flatMap(frontOf)]
}

function frontOf({ node, to, action }: NatRuleSheet): Front[] {
  if (action.kind === 'one-to-one') {
    return [{ node, vips: [action.outside], servers: [action.inside] }]
  }
  if (action.kind !== 'dnat') return []
  const { prefix } = to
  const whole = prefix?.address.family === 6 ? 128 : 32
  const vips = prefix?.length === whole ? [prefix.address] : []
  return [{ node, vips, servers: action.targets }]
}
