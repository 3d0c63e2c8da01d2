// Memory of idle connections: `idle-connections.js COUNT`, run with --expose-gc, makes so many
// between two machines, leaves them open, and prints one line of JSON with octets a connection,
// both ends together: control blocks, tables and events, without the frames of the run.

import { Agenda } from '../sim/engine/agenda.ts'
import { Chance } from '../sim/engine/chance.ts'
import { Host } from '../sim/host/host.ts'
import { maskOf } from '../sim/host/interface.ts'
import { Cabling, Port } from '../sim/link/port.ts'
import { Places, Trace } from '../sim/trace/index.ts'
import { AddressBook } from '../sim/wire/address-book.ts'
import { FramePool } from '../sim/wire/frame.ts'

const CLIENT = 0x0a00_0001
const SERVER = 0x0a00_0002
const FIRST_PORT = 1024
const PORTS = 60_000
/** Handshakes that are begun at once. */
const BATCH = 500
const BATCH_NS = 10_000_000

const agenda = new Agenda()
const trace = new Trace(agenda)
const pool = new FramePool(1514)
const [chance, places, addresses] = [new Chance(1), new Places(), new AddressBook()]
const world = { agenda, chance, trace, pool, places, addresses }
const cabling = new Cabling(agenda, trace, pool)

function machine(name: string, index: number, address: number): Host {
  const host = new Host(world, { name, index, sysctl: {} })
  const iface = host.addInterface('eth0', false, 0x0200_0000_0001 + index, 1500)
  iface.addresses.push({ address, prefixLen: 24, mask: maskOf(24) })
  const lane = { delayNs: 1000, jitterNs: 0, rateBps: 1e10, queueFrames: 10_000, mtu: 1500 }
  iface.port = new Port(cabling, iface.place, true, iface, lane, undefined)
  host.ready()
  return host
}

const client = machine('client', 0, CLIENT)
const server = machine('server', 1, SERVER)
Port.join(client.interfaces[1]!.port!, server.interfaces[1]!.port!)
const idle = { wake(): void {} }
const accepting = {
  wake(listener: number): void {
    for (let s = server.tcp.accept(listener); s >= 0; s = server.tcp.accept(listener)) {
      server.tcp.setOwner(s, idle)
    }
  },
}

function settled(): number {
  ;(globalThis as unknown as { gc: () => void }).gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function open(from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const remotePort = 80 + Math.floor(i / PORTS)
    if (i % PORTS === 0) {
      server.tcp.listen({ address: 0, port: remotePort, backlog: 4096, owner: accepting })
    }
    const localPort = FIRST_PORT + (i % PORTS)
    client.tcp.connect({ owner: idle, remote: SERVER, remotePort, localPort })
    if ((i + 1) % BATCH === 0 || i + 1 === to) agenda.run(agenda.now + BATCH_NS, 1e9)
  }
}

const count = Number(process.argv[2])
open(0, BATCH)
const before = settled()
open(BATCH, count + BATCH)
const octets = settled() - before
const made = client.tcp.sockets().filter(({ state }) => state === 'ESTABLISHED').length
const octetsEach = Math.round(octets / count)
console.log(JSON.stringify({ name: 'idle', count, octetsEach, ok: made === count + BATCH }))
