// What a table of connections costs as it grows, for `npm run bench -- --scale`: connections begun
// and looked up in a CPU second, the longest that a hundred new ones took together, and octets for
// each. Half of the lookups are for packets of clients, half for answers. With IPv6 each connection
// has a client of its own, whose address the book keeps beside the table.

import { FlowTable } from '../sim/nat/flow-table.ts'
import { turned } from '../sim/nat/tuple.ts'
import { AddressBook } from '../sim/wire/address-book.ts'

const SIZES = [1_000, 10_000, 100_000, 1_000_000]
const LOOKUPS = 2_000_000
const TCP = 6
const TIMEOUT_NS = 900_000_000_000
/** Insertions that are timed together: a clock for each would cost more than they do. */
const AT_ONCE = 100

interface Figures {
  readonly family: 4 | 6
  readonly connections: number
  readonly insertionsPerSecond: number
  readonly lookupsPerSecond: number
  readonly longestMs: number
  readonly octetsEach: number
}

/** Processor time of this process so far, which a busy machine does not stretch. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Address numbers of the clients; IPv6 ones are numbered by the book. */
function clientsOf(family: 4 | 6, count: number, book: AddressBook): Uint32Array {
  return Uint32Array.from({ length: count }, (_, n) => {
    if (family === 4) return (0xc0000000 + n * 7) >>> 0
    return book.numberOf(0x20010db8, 0x117, n >>> 16, n)
  })
}

function measure(family: 4 | 6, count: number): Figures {
  const book = new AddressBook()
  const bare = book.octets
  const clients = clientsOf(family, count, book)
  const vip = family === 4 ? 0xc7edca7c : book.numberOf(0x20010db8, 0x202, 0, 0x124)
  const server = family === 4 ? 0xac101401 : book.numberOf(0x20010db8, 0x20, 0, 1)
  const flows = new FlowTable(() => undefined)
  const timeout = flows.timeout(TIMEOUT_NS)
  const ports = (n: number): number => ((n & 0xffff) * 0x1_0000 + 80) >>> 0
  let longestMs = 0
  const begun = cpuMs()
  for (let n = 0; n < count; n += AT_ONCE) {
    const at = cpuMs()
    const end = Math.min(count, n + AT_ONCE)
    for (let i = n; i < end; i++) {
      flows.add(clients[i]!, vip, ports(i), TCP, clients[i]!, server, ports(i), timeout, 0)
    }
    longestMs = Math.max(longestMs, cpuMs() - at)
  }
  const filled = cpuMs()
  let found = 0
  for (let i = 0, n = 1; i < LOOKUPS; i++, n = (n * 7919 + 1) % count) {
    const client = clients[n]!
    const entry =
      (i & 1) === 0
        ? flows.find(client, vip, ports(n), TCP, 1)
        : flows.find(server, client, turned(ports(n)), TCP, 1)
    if (entry >> 1 === n) found++
  }
  const ended = cpuMs()
  if (found !== LOOKUPS) throw new Error(`${LOOKUPS - found} connections were not found`)
  return {
    family,
    connections: count,
    insertionsPerSecond: Math.round((count * 1000) / (filled - begun)),
    lookupsPerSecond: Math.round((LOOKUPS * 1000) / (ended - filled)),
    longestMs: Number(longestMs.toFixed(2)),
    octetsEach: Number(((flows.octets + book.octets - bare) / count).toFixed(1)),
  }
}

/** Octets that a connection may take at a million: the bound that this program watches. */
const MOST_OCTETS = { 4: 128, 6: 224 } as const

for (const family of [4, 6] as const) {
  // Once for the compiler.
  measure(family, 20_000)
  for (const count of SIZES) {
    const figures = measure(family, count)
    console.log(JSON.stringify(figures))
    if (count === 1_000_000 && figures.octetsEach > MOST_OCTETS[family]) process.exitCode = 1
  }
}
