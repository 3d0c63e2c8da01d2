import type { SocketOwner } from '../../host/socket-owner.ts'
import * as dns from '../../wire/dns.ts'
import { type Actor, ownerFor } from '../actor.ts'
import type { ZoneEntry } from '../settings.ts'
import { numberOf } from '../endpoint.ts'
import type { ProgramKind } from './program.ts'

/** Answers questions about its zone; a rotating name begins with its next address each time. */
class NameServer implements SocketOwner {
  private readonly actor: Actor
  private readonly zone = new Map<string, ZoneEntry>()
  private readonly authoritative: boolean
  private readonly turns = new Map<string, number>()

  constructor(actor: Actor, zone: readonly ZoneEntry[], authoritative: boolean) {
    this.actor = actor
    this.authoritative = authoritative
    for (const entry of zone) this.zone.set(entry.name.toLowerCase(), entry)
  }

  wake(socket: number): void {
    const { udp } = this.actor.host
    for (let got = udp.receive(socket); got !== undefined; got = udp.receive(socket)) {
      const query = dns.read(got.bytes)
      if (typeof query === 'string' || query.isResponse) continue
      const answer = this.answer(query)
      udp.sendTo(socket, answer, 0, answer.length, got.from, got.fromPort, got.to)
    }
  }

  private answer(query: dns.Message): Uint8Array {
    const entry = this.zone.get(query.name.toLowerCase())
    if (entry === undefined)
      return dns.writeResponse(query, dns.NAME_ERROR, [], 0, this.authoritative)
    const family = query.type === dns.TYPE_A ? 4 : query.type === dns.TYPE_AAAA ? 6 : 0
    const addresses = entry.addresses.filter((address) => address.family === family)
    const turns = `${entry.name} ${family}`
    const turn = this.turns.get(turns) ?? 0
    const rotated = addresses.map((_, i) => addresses[(i + turn) % addresses.length]!)
    if (entry.rotate) this.turns.set(turns, turn + 1)
    return dns.writeResponse(query, dns.NO_ERROR, rotated, entry.ttlSeconds, this.authoritative)
  }
}

export const nameServer: ProgramKind = {
  name: 'dns',
  sentence: 'a name server for its zone (RFC 1035)',
  start(actor, settings) {
    if (settings.run.kind !== 'dns') return
    const owner = ownerFor(
      actor,
      new NameServer(actor, settings.run.zone, settings.run.authoritative ?? true),
    )
    const local = numberOf(actor.host, settings.address)
    actor.host.udp.open({ owner, local, localPort: settings.port })
  },
}
