import type { LinePlace, PacketLine } from './packet-pattern.ts'
import type { Place } from './place.ts'

/** `router.neighbours`, `lan.fdb`: whose table, and which. */
export interface TableName {
  readonly node: number | undefined
  readonly network: number | undefined
  readonly iface: number | undefined
  readonly table:
    | 'neighbours'
    | 'routes'
    | 'conntrack'
    | 'connections'
    | 'templates'
    | 'servers'
    | 'sockets'
    | 'fdb'
}

/** A bound of a number: `min` and `max` include themselves. */
export interface Bound {
  readonly min: number
  readonly max: number
  /** As it was written, for messages. */
  readonly text: string
  /** The number is a share in per cent of the whole. */
  readonly percent: boolean
}

/** Half open: from <= t < to. */
export interface During {
  readonly fromNs: number
  readonly toNs: number
}

/** A place with an optional direction, of `where`. */
export interface Where {
  readonly place: LinePlace
  readonly direction: 'in' | 'out' | undefined
}

/** Connections that a machine should have. */
export interface ConnectionsSheet {
  readonly node: number
  readonly active: Bound | undefined
  readonly inactive: Bound | undefined
}

export interface ExpectationBase extends Place {
  readonly index: number
  readonly why: string | undefined
}

/** Exact fields by Wireshark's names; values may be references. */
export type With = readonly (readonly [string, string | number])[]

export type ExpectationSheet =
  | (ExpectationBase & {
      readonly kind: 'path'
      readonly lines: readonly PacketLine[]
      readonly nth: number
      readonly complete: boolean
    })
  | (ExpectationBase & {
      readonly kind: 'packet'
      readonly packetLine: PacketLine
      readonly with: With
      readonly at: Bound | undefined
      readonly times: Bound
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'never'
      readonly packetLine: PacketLine
      readonly with: With
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'order'
      readonly lines: readonly PacketLine[]
      readonly only: string | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'count'
      readonly count: Bound
      readonly where: readonly Where[]
      readonly filter: string | undefined
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'served'
      readonly servers: readonly { readonly node: number; readonly bound: Bound }[]
      readonly service: number | undefined
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'sequence'
      readonly servers: readonly number[]
      readonly service: number | undefined
      readonly during: During | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'health'
      readonly node: number
      readonly service: number | undefined
      readonly changes: readonly { readonly at: Bound; readonly up: boolean }[]
    })
  | (ExpectationBase & {
      readonly kind: 'response'
      readonly step: number
      readonly status: number | undefined
      readonly server: number | undefined
      readonly body: string | undefined
      readonly contains: string | undefined
      readonly headers: readonly (readonly [string, string])[]
      readonly bytes: Bound | undefined
      readonly took: Bound | undefined
      /** One outcome for all, or so many of each. */
      readonly outcome: string | readonly (readonly [string, Bound])[] | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'table'
      readonly table: TableName
      readonly atNs: number | undefined
      readonly match: Readonly<Record<string, string>>
      readonly rows: Bound | undefined
      readonly has: readonly Readonly<Record<string, string>>[]
    })
  | (ExpectationBase & {
      readonly kind: 'connections'
      readonly servers: readonly ConnectionsSheet[]
      readonly service: number | undefined
      readonly atNs: number | undefined
    })
  | (ExpectationBase & {
      readonly kind: 'dropped'
      readonly reason: string
      readonly where: LinePlace | undefined
      readonly times: Bound
      readonly during: During | undefined
    })
