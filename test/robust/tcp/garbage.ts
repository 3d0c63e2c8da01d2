import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { readCapture } from '../../../sim/capture/index.ts'
import type { Host } from '../../../sim/host/host.ts'
import * as ipv4 from '../../../sim/wire/ipv4.ts'
import { PLAIN, script } from './found.ts'
import { CLIENT_PORT, Ground, PORT } from './ground.ts'
import { broken, stackOf } from './invariants.ts'
import { start } from './trial.ts'
import { Program } from './program.ts'

/** The TCP parts of what Linux sent in some captures. */
const SEGMENTS: readonly Uint8Array[] = segmentsOf([
  '10-client-close',
  '10-loss-data-fast-rtt40',
  '10-rst-abort',
  '10-timewait-reuse',
  '10-loss-fin',
])

/** A segment that nobody of the lab has sent: a captured one with changes, or made of nothing. */
export interface Garbage {
  readonly toServer: boolean
  readonly base: number
  readonly changes: readonly { readonly at: number; readonly value: number }[]
  readonly octets: number | undefined
  /** Numbers near those of the connection: where it begins seen from what is expected. */
  readonly near: number | undefined
  readonly ackNear: number | undefined
  readonly ofConnection: boolean
  readonly flags: number | undefined
  readonly afterUs: number
}

const near = fc.option(
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -70_000, max: 70_000 })),
  { nil: undefined, freq: 5 },
)

export const garbage: fc.Arbitrary<readonly Garbage[]> = fc.array(
  fc.record({
    toServer: fc.boolean(),
    base: fc.nat(SEGMENTS.length - 1),
    changes: fc.array(fc.record({ at: fc.nat(70), value: fc.nat(255) }), { maxLength: 5 }),
    octets: fc.option(fc.nat(90), { nil: undefined, freq: 3 }),
    near,
    ackNear: near,
    ofConnection: fc.constantFrom(true, true, true, false),
    flags: fc.option(fc.nat(255), { nil: undefined, freq: 2 }),
    afterUs: fc.constantFrom(0, 7, 60, 300, 40_000, 1_100_000),
  }),
  { maxLength: 40 },
)

const IGNORES = { sent(): void {}, delivered(): void {} }

/** Lets such segments come while two programs talk; sentences about what broke. */
export function survive(list: readonly Garbage[]): string[] {
  const ground = new Ground(PLAIN, IGNORES)
  const talk = {
    client: script({ deeds: [{ write: 9000 }, { restMs: 1500 }, { write: 9000 }] }),
    server: script({ deeds: [{ write: 4000 }, { restMs: 30 }, { write: 4000 }] }),
  }
  const pair = [
    new Program(ground, ground.client, talk.client, true),
    new Program(ground, ground.server, talk.server, false),
  ] as const
  start(ground, { ...PLAIN, talks: [talk] }, [pair])
  let atNs = 10_000
  for (const one of list) {
    atNs += one.afterUs * 1000
    ground.at(atNs, () => inject(ground, one))
  }
  const found: string[] = []
  for (let events = 0; found.length === 0 && ground.agenda.run(8 * 3600e9, 1) > 0; events++) {
    if (events > 400_000) found.push('does not come to rest')
    for (const host of [ground.client, ground.server]) found.push(...broken(host))
  }
  if (found.length === 0 && ground.astray !== 0) found.push(`${ground.astray} frames are lost`)
  return found
}

function inject(ground: Ground, one: Garbage): void {
  const { client, server, clientAddress, serverAddress } = ground
  const host = one.toServer ? server : client
  const frame = ground.world.pool.take()
  const iface = host.interfaces[1]!
  const { view, bytes, start: at } = frame
  const segment = SEGMENTS[one.base]!.slice(0, one.octets)
  for (const { at: i, value } of one.changes) if (i < segment.length) segment[i] = value
  const network = at + 14
  const part = network + 20
  frame.end = part + segment.length
  view.setUint16(at, iface.macHi)
  view.setUint32(at + 2, iface.macLo)
  view.setUint32(at + 6, 0x0200_0000)
  view.setUint32(at + 10, 0x0099_0800)
  const [src, dst] = one.toServer ? [clientAddress, serverAddress] : [serverAddress, clientAddress]
  ipv4.write(view, network, 0, 20 + segment.length, 7, 0x4000, 64, ipv4.TCP, src, dst)
  bytes.set(segment, part)
  if (segment.length >= 20) aim(host, one, view, part)
  seal(view, network, part, frame.end)
  iface.receive(frame, iface.port!)
}

/** Gives a segment the ports of the connection, and numbers near those that its host expects. */
function aim(host: Host, one: Garbage, view: DataView, part: number): void {
  if (!one.ofConnection) return
  const [from, to] = one.toServer ? [CLIENT_PORT, PORT] : [PORT, CLIENT_PORT]
  view.setUint16(part, from)
  view.setUint16(part + 2, to)
  if (one.flags !== undefined) view.setUint8(part + 13, one.flags)
  const c = stackOf(host).blocks
  let row = -1
  for (let s = 0; s < c.capacity; s++) if (c.state[s]! > 1) row = s
  if (row < 0) return
  if (one.near !== undefined) view.setUint32(part + 4, (c.rcvNxt[row]! + one.near) >>> 0)
  if (one.ackNear !== undefined) view.setUint32(part + 8, (c.sndUna[row]! + one.ackNear) >>> 0)
}

/** The right checksum, reckoned here (RFC 1071), so that more than the checksum is looked at. */
function seal(view: DataView, network: number, part: number, end: number): void {
  if (end - part < 18) return
  view.setUint16(part + 16, 0)
  let sum = 6 + end - part
  for (let i = network + 12; i < network + 20; i += 2) sum += view.getUint16(i)
  for (let i = part; i < end; i += 2) {
    sum += i + 1 < end ? view.getUint16(i) : view.getUint8(i) << 8
  }
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff)
  view.setUint16(part + 16, ~sum & 0xffff)
}

function segmentsOf(names: readonly string[]): Uint8Array[] {
  const root = join(import.meta.dirname, '..', '..', '..', 'pcaps', 'linux')
  return names.flatMap((name) =>
    readdirSync(join(root, name))
      .filter((file) => file.endsWith('.pcap'))
      .flatMap((file) => readCapture(readFileSync(join(root, name, file))).records)
      .map((record) => record.bytes)
      .filter((octets) => octets.length >= 54 && octets[12] === 8 && octets[23] === ipv4.TCP)
      .map((octets) => octets.slice(34, 34 + 120)),
  )
}
