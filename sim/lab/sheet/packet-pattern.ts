import type { Address } from '../../wire/address.ts'
import type { Place } from './place.ts'

/** Where a line looks: machines by pattern, one interface or any. */
export interface LinePlace {
  readonly node: string
  readonly iface: string | undefined
}

export type HostPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'prefix'; readonly address: Address; readonly length: number }
  /** Any address of that machine. */
  | { readonly kind: 'node'; readonly node: string }
  /** `$lb.inside.ip`. */
  | { readonly kind: 'reference'; readonly reference: string }

export interface EndPattern {
  readonly host: HostPattern
  /** Undefined: any. */
  readonly port: number | undefined
}

/** A MAC as written, or a reference such as `$rs1.eth0.mac`. */
export type MacPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'mac'; readonly mac: number }
  | { readonly kind: 'reference'; readonly reference: string }

export type OptionPattern =
  | { readonly kind: 'mss'; readonly value: number }
  | { readonly kind: 'wscale'; readonly value: number }
  | { readonly kind: 'sackOK' }
  | { readonly kind: 'ts'; readonly value: number | undefined; readonly echo: number | undefined }
  | { readonly kind: 'sack'; readonly from: number; readonly to: number }
  | { readonly kind: 'nop' }
  | { readonly kind: 'rest' }

export interface Details {
  readonly seq?: number
  /** `seq A:B`: the segment ends before B. */
  readonly seqEnd?: number
  readonly ack?: number
  readonly win?: number
  readonly len?: number
  readonly ttl?: number
  readonly id?: number
  readonly tos?: number
  readonly df?: boolean
  readonly options?: readonly OptionPattern[]
}

/** What a packet line asks of a packet. */
export type PacketPattern =
  | {
      readonly kind: 'transport'
      /** `flags` is set only for TCP: its bits, to match exactly. */
      readonly protocol: 'tcp' | 'udp' | 'either'
      readonly flags: number | undefined
      readonly from: EndPattern
      readonly to: EndPattern
      readonly details: Details
      readonly inner: PacketPattern | undefined
    }
  | {
      readonly kind: 'icmp'
      readonly type: number
      readonly code: number
      readonly type6: number
      readonly code6: number
      readonly name: string
      readonly from: HostPattern
      readonly to: HostPattern
      readonly details: Details
      readonly inner: PacketPattern | undefined
    }
  | {
      readonly kind: 'ip'
      readonly from: HostPattern
      readonly to: HostPattern
      readonly details: Details
    }
  | {
      readonly kind: 'arp'
      readonly operation: 'who-has' | 'is-at' | 'announce'
      /** who-has: the target; is-at and announce: the address spoken of. */
      readonly address: HostPattern
      readonly tell: HostPattern
      readonly mac: MacPattern
    }

export interface PacketLine extends Place {
  readonly text: string
  readonly place: LinePlace
  readonly direction: 'in' | 'out'
  readonly packet: PacketPattern
}
