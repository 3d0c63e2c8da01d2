import { type Address, isNetworkPrefix, parseAddress } from '../../wire/address.ts'

/** `ADDRESS[/LENGTH][:PORT[-PORT]][/tcp]`: what a rule of `nat` matches or makes of an end. */
export interface NatEnd {
  readonly address: Address
  /** Undefined: the one address. */
  readonly length: number | undefined
  /** First and last port; undefined: every port. */
  readonly port: number | undefined
  readonly lastPort: number | undefined
  /** Undefined: TCP and UDP where a port stands, every protocol otherwise. */
  readonly protocol: 'tcp' | 'udp' | undefined
}

const BRACKETED = /^\[([^\]/]+)(?:\/(\d{1,3}))?\](?:\/(\d{1,3}))?(?::(\d{1,5})(?:-(\d{1,5}))?)?$/
const IPV4 = /^([\d.]+)(?:\/(\d{1,3}))?()(?::(\d{1,5})(?:-(\d{1,5}))?)?$/
const IPV6 = /^([\dA-Fa-f:.]+)(?:\/(\d{1,3}))?$/

/** Reads the end of a rule; an Error says what is wrong. */
export function parseNatEnd(text: string): NatEnd | Error {
  const wrong = new Error(
    `'${text}' is no part of the net; write ADDRESS/LENGTH:PORT/tcp, as much of it as is needed`,
  )
  const [, rest = '', protocol] = /^(.*?)(?:\/(tcp|udp))?$/.exec(text) ?? []
  const match = BRACKETED.exec(rest) ?? IPV4.exec(rest) ?? IPV6.exec(rest)
  const address = parseAddress(match?.[1] ?? '')
  if (match === null || address === undefined) return wrong
  const length = numberOf(match[2] || match[3])
  if (length !== undefined && length > (address.family === 4 ? 32 : 128)) return wrong
  if (length !== undefined && !isNetworkPrefix({ address, length })) {
    return new Error(`'${text}' has bits behind its prefix; write the address of the net itself`)
  }
  const port = numberOf(match[4])
  const lastPort = numberOf(match[5]) ?? port
  if (port !== undefined && (port < 1 || port > 65535 || lastPort! > 65535)) {
    return new Error(`'${text}': ports go from 1 to 65535`)
  }
  if (port !== undefined && lastPort! < port) {
    return new Error(`'${text}': the range of ports runs backwards; write ${lastPort}-${port}`)
  }
  const known = protocol === 'tcp' || protocol === 'udp' ? protocol : undefined
  return { address, length, port, lastPort, protocol: known }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text)
}
