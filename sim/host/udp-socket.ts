import type { DontFragment } from './dont-fragment.ts'
import type { SocketOwner } from './socket-owner.ts'

/** A datagram as a program receives it. */
export interface Datagram {
  readonly bytes: Uint8Array
  readonly from: number
  readonly fromPort: number
  readonly to: number
  readonly timeNs: number
}

export interface UdpOptions {
  readonly owner: SocketOwner
  /** 0: any address. */
  readonly local: number
  /** 0: an ephemeral one. */
  readonly localPort: number
  /** 0: the machine's default. */
  readonly ttl?: number
  /** `when-it-fits` (the default) sets DF on what needs no fragmenting, as IP_PMTUDISC_WANT. */
  readonly dontFragment?: DontFragment
  /** Octets of datagrams that may wait for the program. */
  readonly receiveBuffer?: number
  /** Counts datagrams and octets instead of keeping them: for sinks under load. */
  readonly discard?: boolean
}

/** What a socket has to say when something went wrong. */
export type UdpError = '' | 'refused' | 'unreachable' | 'too-big'

/** What the kernel keeps of a socket. */
export interface UdpSocket {
  readonly owner: SocketOwner
  readonly local: number
  readonly port: number
  readonly ttl: number
  readonly dontFragment: number
  readonly limit: number
  readonly discard: boolean
  readonly queue: Datagram[]
  head: number
  queued: number
  error: UdpError
  wakePending: boolean
  received: number
  receivedOctets: number
}
