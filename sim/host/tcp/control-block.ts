import { assert } from '../../engine/assert.ts'

type U8 = Uint8Array
type U16 = Uint16Array
type U32 = Uint32Array
type I32 = Int32Array
type F64 = Float64Array
type Column = U8 | U16 | U32 | I32 | F64

const START = 64
const u8 = (): U8 => new Uint8Array(START)
const u16 = (): U16 => new Uint16Array(START)
const u32 = (): U32 => new Uint32Array(START)
const i32 = (): I32 => new Int32Array(START)
const f64 = (): F64 => new Float64Array(START)

/**
 * The transmission control blocks of one machine as typed columns; a socket is a row number.
 *
 * Names are those of RFC 9293 §3.3.1 where it has one (`sndUna`, `rcvNxt`), else those of Linux's
 * tcp_sock. Times are nanoseconds, round-trip times microseconds (`srttUs` is eight times, `mdevUs`
 * four times the value, as Linux keeps them), windows octets, `cwnd` and what is counted `Out`
 * segments. A column that a row does not use is 0.
 */
export class ControlBlocks {
  state: U8 = u8()
  shut: U8 = u8()
  settings: U8 = u8()
  options: U8 = u8()
  error: U8 = u8()
  localAddress: U32 = u32()
  remoteAddress: U32 = u32()
  localPort: U16 = u16()
  remotePort: U16 = u16()
  /** Identification of the next packet, IPv4. */
  ipIdent: U16 = u16()
  /** Flow label of all packets, IPv6. */
  flowLabel: U32 = u32()
  ttl: U8 = u8()
  /** When packets carry DF (dont-fragment.ts). */
  dontFragment: U8 = u8()
  /** The peer has answered: the next segment out confirms the next hop (sk_dst_pending_confirm). */
  confirms: U8 = u8()
  /** Listener that a connection came in by, -1 for none. */
  parent: I32 = i32()
  iss: U32 = u32()
  irs: U32 = u32()

  sndUna: U32 = u32()
  sndNxt: U32 = u32()
  sndWnd: U32 = u32()
  sndWl1: U32 = u32()
  /** End of what the program has written, its FIN included. */
  writeSeq: U32 = u32()
  pushedSeq: U32 = u32()
  /** End of the last small segment (Minshall's variant of Nagle). */
  smallSeq: U32 = u32()
  maxWindow: U32 = u32()
  sndScale: U8 = u8()
  rcvScale: U8 = u8()
  mssClamp: U16 = u16()
  mss: U16 = u16()
  /** Path MTU by which `mss` was computed. */
  pathMtu: U32 = u32()
  /** Largest packet since a black hole was found (tcp_mtu_probing), 0 for none. */
  cautiousMtu: U16 = u16()
  advMss: U16 = u16()
  headerLen: U8 = u8()
  tsOffset: U32 = u32()
  tsRecent: U32 = u32()
  tsRecentNs: F64 = f64()

  rcvNxt: U32 = u32()
  rcvWup: U32 = u32()
  rcvWnd: U32 = u32()
  copiedSeq: U32 = u32()
  /** 1 once the peer's FIN was taken in order: it takes one sequence number. */
  finReceived: U8 = u8()
  rcvBuf: I32 = i32()
  rcvMemory: I32 = i32()
  windowClamp: I32 = i32()
  rcvSsthresh: I32 = i32()
  scalingRatio: I32 = i32()
  rcvMss: U16 = u16()
  lastSegmentLen: U16 = u16()
  rcvSpace: I32 = i32()
  rcvSpaceSeq: U32 = u32()
  rcvSpaceNs: F64 = f64()
  rcvRttUs: F64 = f64()
  rcvRttSeq: U32 = u32()
  rcvRttNs: F64 = f64()
  rcvRttEcho: U32 = u32()

  ackPending: U8 = u8()
  quick: U8 = u8()
  pingpong: U8 = u8()
  atoNs: F64 = f64()
  receivedNs: F64 = f64()
  /** When the last ACK came: for keepalive. */
  ackedNs: F64 = f64()
  sentNs: F64 = f64()
  outOfWindowNs: F64 = f64()
  dsackStart: U32 = u32()
  dsackEnd: U32 = u32()

  sndBuf: I32 = i32()
  sndMemory: I32 = i32()
  queueHead: I32 = i32()
  queueNext: I32 = i32()
  queueTail: I32 = i32()
  receivedHead: I32 = i32()
  receivedTail: I32 = i32()

  packetsOut: I32 = i32()
  sackedOut: I32 = i32()
  lostOut: I32 = i32()
  retransOut: I32 = i32()
  cwnd: I32 = i32()
  cwndCount: I32 = i32()
  ssthresh: I32 = i32()
  priorCwnd: I32 = i32()
  prrDelivered: I32 = i32()
  prrOut: I32 = i32()
  /** Segments that the path may reorder by, 3 until more was seen. */
  reordering: U16 = u16()
  reorderSeen: U8 = u8()
  /** End of the highest SACKed segment; means something while `sackedOut` is not 0. */
  fack: U32 = u32()
  /** A reduction of the window may be taken back: its beginning, and repairs not yet shown vain. */
  undoable: U8 = u8()
  undoMarker: U32 = u32()
  undoRetrans: I32 = i32()
  /** Threshold before the reduction, 0 for none that may come back. */
  priorSsthresh: I32 = i32()
  /** F-RTO is looking whether the last timeout was spurious. */
  frto: U8 = u8()
  totalRetrans: U32 = u32()
  dsackDups: U32 = u32()
  caState: U8 = u8()
  algorithm: U8 = u8()
  highSeq: U32 = u32()
  tlpHighSeq: U32 = u32()
  tlpRetrans: U8 = u8()
  cwndLimited: U8 = u8()
  cwndUsageSeq: U32 = u32()
  maxPacketsOut: I32 = i32()
  /** Most segments in flight since the window was last full, and when it was. */
  cwndUsed: I32 = i32()
  cwndStampNs: F64 = f64()
  minRttUs: F64 = f64()
  srttUs: F64 = f64()
  mdevUs: F64 = f64()
  mdevMaxUs: F64 = f64()
  rttvarUs: F64 = f64()
  rttSeq: U32 = u32()
  rtoNs: F64 = f64()
  backoff: U8 = u8()
  retransmits: U8 = u8()
  totalRto: U8 = u8()
  probes: U8 = u8()
  retransStartNs: F64 = f64()
  rackNs: F64 = f64()
  rackEnd: U32 = u32()
  rackRttUs: F64 = f64()
  rackAdvanced: U8 = u8()
  /** Quarters of the least RTT that reordered segments are waited for, less one. */
  rackSteps: U8 = u8()
  /** Recoveries for which `rackSteps` stays. */
  rackPersist: U8 = u8()
  rackDsack: U8 = u8()
  /** What was sent when `rackSteps` last grew: D-SACKs before its end do not count. */
  rackRoundSeq: U32 = u32()

  cubicMax: I32 = i32()
  cubicOrigin: I32 = i32()
  cubicK: F64 = f64()
  cubicEpochNs: F64 = f64()
  cubicCount: I32 = i32()
  cubicAcked: I32 = i32()
  cubicReno: I32 = i32()
  cubicLastCwnd: I32 = i32()
  cubicLastNs: F64 = f64()
  cubicDelayMinUs: F64 = f64()

  hystartFound: U8 = u8()
  hystartSamples: U8 = u8()
  hystartEnd: U32 = u32()
  hystartRttUs: F64 = f64()
  hystartRoundNs: F64 = f64()
  hystartAckNs: F64 = f64()

  timerKind: U8 = u8()
  timerNs: F64 = f64()
  delayedAckNs: F64 = f64()
  /** SACKs held back, when one of them goes out, and how many went out for this gap before. */
  compressed: U8 = u8()
  compressedNs: F64 = f64()
  compressedNext: U32 = u32()
  duplicateAcks: U8 = u8()
  keepaliveNs: F64 = f64()
  keepaliveIdleNs: F64 = f64()
  keepaliveGapNs: F64 = f64()
  keepaliveTries: U8 = u8()
  userTimeoutNs: F64 = f64()
  /** When the row's one event on the agenda comes; Infinity without one. */
  eventNs: F64 = f64()
  eventToken: F64 = f64()
  wakeToken: F64 = f64()

  capacity: number = START
  private readonly columns: string[]
  /** The same columns by type, for clearing a row quickly. */
  private bytes: U8[] = []
  private halves: U16[] = []
  private words: (U32 | I32)[] = []
  private doubles: F64[] = []
  private free: I32
  private freeCount: number

  constructor() {
    this.free = new Int32Array(START)
    this.freeCount = 0
    const all = this as unknown as Record<string, unknown>
    this.columns = Object.keys(this).filter((key) => key !== 'free' && ArrayBuffer.isView(all[key]))
    this.sort()
    this.offer(0, START)
  }

  /** Rows in use. */
  get count(): number {
    return this.capacity - this.freeCount
  }

  /** A row with all columns 0. */
  allocate(): number {
    if (this.freeCount === 0) this.grow()
    return this.free[--this.freeCount]!
  }

  /** Gives a row back and clears it. */
  release(row: number): void {
    assert(this.freeCount < this.capacity, 'a control block was released twice')
    const { bytes, halves, words, doubles } = this
    for (let i = 0; i < bytes.length; i++) bytes[i]![row] = 0
    for (let i = 0; i < halves.length; i++) halves[i]![row] = 0
    for (let i = 0; i < words.length; i++) words[i]![row] = 0
    for (let i = 0; i < doubles.length; i++) doubles[i]![row] = 0
    this.free[this.freeCount++] = row
  }

  private sort(): void {
    const all = this as unknown as Record<string, Column>
    const columns = this.columns.map((name) => all[name]!)
    this.bytes = columns.filter((column) => column instanceof Uint8Array)
    this.halves = columns.filter((column) => column instanceof Uint16Array)
    this.words = columns.filter((c) => c instanceof Uint32Array || c instanceof Int32Array)
    this.doubles = columns.filter((column) => column instanceof Float64Array)
  }

  private offer(from: number, to: number): void {
    for (let row = to - 1; row >= from; row--) this.free[this.freeCount++] = row
  }

  private grow(): void {
    const old = this.capacity
    this.capacity = old * 2
    const all = this as unknown as Record<string, Column>
    for (const name of this.columns) all[name] = doubled(all[name]!)
    this.free = doubled(this.free) as I32
    this.sort()
    this.offer(old, this.capacity)
  }
}

/** The same column with twice the rows, the new ones 0. */
export function doubled(from: Column): Column {
  const make = from.constructor as new (length: number) => Column
  const to = new make(from.length * 2)
  to.set(from as never)
  return to
}
