import type { Address, Prefix } from '../../wire/address.ts'
import type { StepBase } from './types.ts'

/** Tells a wire, unasked, which addresses live at an interface. */
export interface AnnounceStep extends StepBase {
  readonly verb: 'announce'
  readonly node: number
  readonly iface: number
  readonly as: 'request' | 'reply'
}

/** An interface gets another first address, another MAC, or both. */
export interface ReaddressStep extends StepBase {
  readonly verb: 'readdress'
  readonly node: number
  readonly iface: number
  readonly to: Prefix | undefined
  readonly mac: number | undefined
  /** Where the gateways of the old subnet are to be found in the new one. */
  readonly gateways: readonly { readonly old: Address; readonly new: Address }[]
}

export type ChangeStep = AnnounceStep | ReaddressStep
