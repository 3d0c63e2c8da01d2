// What the simulator is measured against: frames with real octets and nothing else. It moves the
// frames of a workload over two cables through a balancer, with an agenda, serialisation times,
// checksums written and verified, a table of flows and addresses rewritten by RFC 1624 - without
// TCP, settings, observers and a judge. It marks how fast JavaScript can be at this.
//   skeleton.js bulk|short|udp SIZE [capture FOLDER]
// Its files are not bundled: bundling makes constants variables, and that costs it a quarter.

import { SkeletonAgenda } from './skeleton-agenda.ts'
import { SkeletonCapture } from './skeleton-capture.ts'
import { SkeletonFlows } from './skeleton-flows.ts'

const [, , name = 'bulk', sizeText = '0', mode = 'plain', folder = '.'] = process.argv
const SIZE = Number(sizeText)
const CAPTURE = mode === 'capture'
const BULK = name === 'bulk'
const SHORT = name === 'short'
const CLIENTS = SHORT ? 10 : 1
const SERVERS = SHORT ? 3 : 1
const BALANCER = CLIENTS + SERVERS
const VIP = 0xc7edca7c | 0
const SEGMENT = 1448
const WINDOW = 131072
const NS_PER_OCTET = 8
const CABLE_NS = 1000
const OVERHEAD = 24
// Frames: slots of one slab.
const ROOM = 1536
const SLOTS = 8192
const bytes = new Uint8Array(ROOM * SLOTS)
const words = new Uint16Array(bytes.buffer)
const lengths = new Uint16Array(SLOTS)
const spare = Int32Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i)
const count = { spare: SLOTS, hops: 0, received: 0, flows: 0, wrong: 0 }
const agenda = new SkeletonAgenda(1 << 16)
const pattern = Uint8Array.from({ length: 65536 }, (_, i) => (i * 7) ^ (i >> 8))
const program = new Uint8Array(65536 + ROOM)
const at = { program: 0, sent: 0, acked: 0, got: 0, unacked: 0 }

const fold = (sum: number): number => {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}
const swapped = (sum: number): number => ((sum & 0xff) << 8) | (sum >>> 8)

/** Folded sum of octets from an even place on, as big-endian words. */
function sum(from: number, length: number): number {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = from >> 1
  const end = i + (length >> 1)
  for (; i + 7 < end; i += 8) {
    a += words[i]! + words[i + 1]!
    b += words[i + 2]! + words[i + 3]!
    c += words[i + 4]! + words[i + 5]!
    d += words[i + 6]! + words[i + 7]!
  }
  for (; i < end; i++) a += words[i]!
  if ((length & 1) === 1) b += bytes[from + length - 1]!
  return swapped(fold(a + b + c + d))
}

function put16(o: number, value: number): void {
  bytes[o] = value >>> 8
  bytes[o + 1] = value
}
function put32(o: number, value: number): void {
  put16(o, value >>> 16)
  put16(o + 2, value)
}
const get16 = (o: number): number => (bytes[o]! << 8) | bytes[o + 1]!
const get32 = (o: number): number =>
  (bytes[o]! << 24) | (bytes[o + 1]! << 16) | (bytes[o + 2]! << 8) | bytes[o + 3]!

// A short connection is in the table four times: twice at the balancer, once at each end.
const flows = new SkeletonFlows(SHORT ? SIZE * 4 : 4)
const addressOf = (node: number): number =>
  node < CLIENTS ? 0x0a000114 + node * 256 : 0xac101501 + (node - CLIENTS) * 256
const addresses = Int32Array.from({ length: BALANCER }, (_, i) => addressOf(i))
// Two directions a cable; each node has one cable, to the balancer.
const busy = new Float64Array(BALANCER * 2)
// Flow number x 2 + direction stands in the table; the server and client of a flow here.
const servers = new Int32Array(SHORT ? SIZE : 1)
const clients = new Int32Array(SHORT ? SIZE : 1)

const recordings = Array.from(
  { length: CAPTURE ? BALANCER : 0 },
  (_, i) => new SkeletonCapture(`${folder}/${i}.pcap`),
)

/** Sends a frame on a cable; `way` 0 towards the balancer, 1 away from it. */
function send(cable: number, way: number, slot: number): void {
  const lane = cable * 2 + way
  const start = busy[lane]! > agenda.now ? busy[lane]! : agenda.now
  const end = start + (lengths[slot]! + OVERHEAD) * NS_PER_OCTET
  busy[lane] = end
  if (CAPTURE && way === 1) recordings[cable]!.record(bytes, slot * ROOM, lengths[slot]!, start)
  agenda.schedule(end + CABLE_NS, (lane << 14) | slot)
}

/** Writes a frame of a node and sends it; `flags` 0 makes it a datagram. */
function emit(
  node: number,
  dst: number,
  ports: number,
  sequence: number,
  ack: number,
  flags: number,
  payload: number,
): void {
  const slot = spare[--count.spare]!
  const o = slot * ROOM
  const isTcp = flags !== 0
  const options = isTcp ? ((flags & 2) !== 0 ? 20 : 12) : 0
  const header = isTcp ? 20 + options : 8
  const total = 20 + header + payload
  const src = addresses[node]!
  lengths[slot] = 14 + total
  put32(o, 0x02000000)
  put16(o + 4, 0xfe00 | node)
  put32(o + 6, 0x02000000)
  put16(o + 10, node)
  put16(o + 12, 0x0800)
  put32(o + 14, 0x45000000 | total)
  put32(o + 18, 0x4000)
  put32(o + 22, 0x40000000 | ((isTcp ? 6 : 17) << 16))
  put32(o + 26, src)
  put32(o + 30, dst)
  put32(o + 34, ports)
  const l4 = header + payload
  let sumAt = o + 40
  if (isTcp) {
    sumAt = o + 50
    put32(o + 38, sequence)
    put32(o + 42, ack)
    put32(o + 46, ((header >> 2) << 28) | (flags << 16) | 0xffff)
    put32(o + 50, 0)
    put32(o + 54, 0x0101080a)
    put32(o + 58, agenda.now / 1e6)
    put32(o + 62, 0)
    for (let k = 66; k < 34 + header; k += 4) put32(o + k, 0x01010101)
  } else put32(o + 38, l4 << 16)
  if (payload > 0) {
    const from = sequence & 32767
    bytes.set(pattern.subarray(from, from + payload), o + 34 + header)
  }
  put16(o + 24, ~sum(o + 14, 20))
  const pseudo = (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + l4
  put16(sumAt, ~fold(sum(o + 34, l4) + pseudo + (isTcp ? 6 : 17)))
  send(node, 0, slot)
}

/** At the balancer: the flow is found or made, the addresses rewritten, the frame sent on. */
function balance(cable: number, slot: number): void {
  const o = slot * ROOM
  if (CAPTURE) recordings[cable]!.record(bytes, slot * ROOM, lengths[slot]!, agenda.now)
  if (sum(o + 14, 20) !== 0xffff) count.wrong++
  const src = get32(o + 26)
  const dst = get32(o + 30)
  const ports = get32(o + 34)
  const protocol = bytes[o + 23]!
  let row = flows.find(src, dst, ports, protocol)
  if (row < 0) {
    const flow = count.flows++
    const server = flow % SERVERS
    row = ~row
    flows.add(row, src, dst, ports, protocol)
    flows.values[row] = flow * 2
    servers[flow] = CLIENTS + server
    clients[flow] = cable
    const to = addresses[CLIENTS + server]!
    const back = (ports << 16) | (ports >>> 16)
    const answer = ~flows.find(to, src, back, protocol)
    flows.add(answer, to, src, back, protocol)
    flows.values[answer] = flow * 2 + 1
  }
  const flow = flows.values[row]! >> 1
  const isAnswer = (flows.values[row]! & 1) === 1
  const field = isAnswer ? o + 26 : o + 30
  const was = isAnswer ? src : dst
  const out = isAnswer ? clients[flow]! : servers[flow]!
  const becomes = isAnswer ? VIP : addresses[out]!
  const hops = get16(o + 22)
  const change = (~(was >>> 16) & 0xffff) + (~was & 0xffff) + (becomes >>> 16) + (becomes & 0xffff)
  put16(o + 22, hops - 256)
  const lower = (~hops & 0xffff) + hops - 256
  put16(o + 24, ~fold((~get16(o + 24) & 0xffff) + change + lower))
  const sumAt = protocol === 17 ? o + 40 : o + 50
  put16(sumAt, ~fold((~get16(sumAt) & 0xffff) + change))
  put32(field, becomes)
  put16(o + 4, out)
  put16(o + 10, 0xfe00 | out)
  send(out, 1, slot)
}

/** As much as the window allows. */
function fill(): void {
  while (at.sent < SIZE && at.sent - at.acked < WINDOW - SEGMENT) {
    const length = Math.min(SEGMENT, SIZE - at.sent)
    emit(0, VIP, (40000 << 16) | 80, at.sent, 1, 0x18, length)
    at.sent += length
  }
}

/** At an end: everything is verified, the payload copied to a program, an answer sent. */
function arrive(node: number, slot: number): void {
  const o = slot * ROOM
  const l4 = lengths[slot]! - 34
  const protocol = bytes[o + 23]!
  if (sum(o + 14, 20) !== 0xffff) count.wrong++
  if (fold(sum(o + 26, l4 + 8) + protocol + l4) !== 0xffff) count.wrong++
  const src = get32(o + 26)
  const ports = get32(o + 34)
  const header = protocol === 17 ? 8 : (bytes[o + 46]! >> 4) * 4
  const payload = l4 - header
  if (payload > 0) {
    program.set(bytes.subarray(o + 34 + header, o + 34 + l4), at.program)
    at.program = (at.program + payload) & 0xffff
  }
  if (BULK) {
    if (node === 0) at.acked = get32(o + 42) >>> 0
    else {
      at.got += payload
      if (++at.unacked === 2 || at.got >= SIZE) {
        at.unacked = 0
        emit(node, src, (ports << 16) | (ports >>> 16), 1, at.got, 0x10, 0)
      }
    }
    count.received = at.got
    if (node === 0) fill()
  } else if (SHORT) talk(node, src, (ports << 16) | (ports >>> 16), bytes[o + 47]!, payload)
  else count.received++
  spare[count.spare++] = slot
}

/** The ten packets of a short connection; each end finds its own by its four numbers. */
function talk(node: number, to: number, ports: number, flags: number, payload: number): void {
  const own = 6 | ((node + 1) << 8)
  const row = flows.find(addresses[node]!, to, ports, own)
  if (node >= CLIENTS) {
    if (row < 0) flows.add(~row, addresses[node]!, to, ports, own)
    if (row < 0) flows.values[~row] = 0
    if ((flags & 2) !== 0) emit(node, to, ports, 0, 1, 0x12, 0)
    else if (payload > 0) {
      emit(node, to, ports, 1, 201, 0x10, 0)
      emit(node, to, ports, 1, 201, 0x18, 1024)
    } else if ((flags & 1) !== 0) {
      emit(node, to, ports, 1025, 202, 0x10, 0)
      emit(node, to, ports, 1025, 202, 0x11, 0)
    }
    return
  }
  if (row < 0) count.wrong++
  if ((flags & 2) !== 0) {
    emit(node, VIP, ports, 1, 1, 0x10, 0)
    emit(node, VIP, ports, 1, 1, 0x18, 200)
  } else if (payload > 0) {
    count.received++
    emit(node, VIP, ports, 201, 1025, 0x11, 0)
  } else if ((flags & 1) !== 0) emit(node, VIP, ports, 202, 1026, 0x10, 0)
}

/** A client's clock: the next datagram, or the next connection. */
const left = new Int32Array(CLIENTS).fill(Math.floor(SIZE / CLIENTS))
function tick(node: number): void {
  const nth = left[node]!
  if (SHORT) {
    const ports = (((nth % 28000) + 32768) << 16) | 80
    const row = ~flows.find(addresses[node]!, VIP, ports, 6 | ((node + 1) << 8))
    flows.add(row, addresses[node]!, VIP, ports, 6 | ((node + 1) << 8))
    flows.values[row] = 0
    emit(node, VIP, ports, 0, 0, 2, 0)
  } else emit(node, VIP, (40000 << 16) | 80, nth, 0, 0, 64)
  left[node] = nth - 1
  if (nth > 1) agenda.schedule(agenda.now + (SHORT ? 1e6 : 1e4), -1 - node)
}

const before = process.cpuUsage()
if (BULK) fill()
else for (let node = 0; node < CLIENTS; node++) agenda.schedule(node * 1e5, -1 - node)
while (agenda.pending > 0) {
  const what = agenda.next()
  if (what < 0) tick(-1 - what)
  else {
    count.hops++
    const lane = what >>> 14
    if ((lane & 1) === 0) balance(lane >> 1, what & 0x3fff)
    else arrive(lane >> 1, what & 0x3fff)
  }
}
for (const recording of recordings) recording.close()
const { user, system } = process.cpuUsage(before)
const cpuSeconds = (user + system) / 1e6
const { hops, received: delivered } = count
const ok = count.wrong === 0 && count.spare === SLOTS && delivered === SIZE
const hopsPerCpuSecond = Math.round(hops / cpuSeconds)
const said = { name, capture: CAPTURE, size: SIZE, hops, cpuSeconds, hopsPerCpuSecond, delivered }
console.log(JSON.stringify({ ...said, ok }))
