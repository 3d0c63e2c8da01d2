import type { Address, Prefix } from '../../wire/address.ts'
import type { Place } from './place.ts'

/** The completed rules of `nat` (sheet language §1.6). */

/** Undefined is everything. */
export interface NatMatchSheet {
  readonly prefix: Prefix | undefined
  readonly port: number | undefined
  readonly lastPort: number | undefined
  readonly protocol: 'tcp' | 'udp' | undefined
}

export interface NatTargetSheet {
  readonly address: Address
  /** First and last port; 0 keeps the port. */
  readonly port: number
  readonly lastPort: number
  /** Machine that owns the address, if one does. */
  readonly node: number | undefined
  /** The machine, or the address when nobody owns it. */
  readonly name: string
}

export type NatAction =
  | {
      readonly kind: 'dnat'
      readonly targets: readonly NatTargetSheet[]
      /** Of the hash that chooses; undefined: in turn. */
      readonly seed: number | undefined
    }
  | {
      readonly kind: 'snat'
      readonly address: Address
      /** Both 0: any port. */
      readonly firstPort: number
      readonly lastPort: number
    }
  | { readonly kind: 'masquerade' }
  | { readonly kind: 'one-to-one'; readonly outside: Address; readonly inside: NatTargetSheet }

export interface NatRuleSheet extends Place {
  readonly name: string | undefined
  /** What the rule does, in words. */
  readonly text: string
  readonly node: number
  /** Indices among the machine's interfaces. */
  readonly in: number | undefined
  readonly out: number | undefined
  readonly from: NatMatchSheet
  readonly to: NatMatchSheet
  readonly onlyTranslated: boolean
  /** Instant from which the rule is there. */
  readonly startsNs: number
  readonly action: NatAction
}
