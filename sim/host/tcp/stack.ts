import type { Agenda } from '../../engine/agenda.ts'
import { NONE } from '../../engine/agenda.ts'
import type { Stream } from '../../engine/chance.ts'
import { assert } from '../../engine/assert.ts'
import type { Host } from '../host.ts'
import type { SocketOwner } from '../socket-owner.ts'
import { ControlBlocks } from './control-block.ts'
import { Demux } from './demux.ts'
import type { Listener } from './listener.ts'
import { OctetRings } from './octet-ring.ts'
import { Options } from './options.ts'
import { OutOfOrder, ReceiveQueue } from './receive-queue.ts'
import type { Requests } from './requests.ts'
import { type AckNews, newAckNews } from './ack-news.ts'
import { SendQueue } from './send-queue.ts'
import { NS_PER_MS, NS_PER_S, TIME_WAIT_NS } from './states.ts'
import type { TimeWaits } from './time-wait.ts'

/** Kernel settings of TCP, read once; `Tcp.configure()` reads them again. */
export interface Settings {
  sack: boolean
  dsack: boolean
  timestamps: boolean
  scaling: boolean
  synRetries: number
  synLinear: number
  synAckRetries: number
  retries2: number
  /** Timeouts after which a path is suspected to swallow large packets. */
  retries1: number
  mtuProbing: boolean
  baseMss: number
  orphanRetries: number
  finTimeoutNs: number
  keepaliveIdleNs: number
  keepaliveGapNs: number
  keepaliveTries: number
  lossProbe: boolean
  frto: boolean
  /** Bits of tcp_recovery: 2 keeps the reordering window, 4 forgets the three duplicates. */
  recovery: number
  reordering: number
  maxReordering: number
  compressedMost: number
  compressedDelayNs: number
  /** Challenge ACKs a second, of the whole machine. */
  challengeLimit: number
  unwantedGapNs: number
  moderate: boolean
  idleRestart: boolean
  abortOnOverflow: boolean
  /** 0: never, 1: when the queue is full, 2: always. */
  synCookies: number
  maxSynBacklog: number
  maxBacklog: number
}

/**
 * What a machine's TCP has counted, by the names of /proc/net/snmp and netstat where they have
 * one.
 */
export interface Counters {
  activeOpens: number
  passiveOpens: number
  attemptFails: number
  establishedResets: number
  inSegments: number
  outSegments: number
  retransmitted: number
  outResets: number
  timeouts: number
  lossProbes: number
  spuriousTimeouts: number
  undone: number
  compressedAcks: number
  fastRetransmits: number
  listenOverflows: number
  listenDrops: number
  delayedAcks: number
  challengeAcks: number
}

/**
 * What all files of this folder share: the tables of one machine's TCP, its settings and clocks.
 * `index.ts` makes one and wires the rest to it.
 */
export class Stack {
  readonly host: Host
  readonly agenda: Agenda
  readonly blocks: ControlBlocks = new ControlBlocks()
  readonly sends: SendQueue = new SendQueue()
  readonly received: ReceiveQueue = new ReceiveQueue()
  readonly sendRings: OctetRings = new OctetRings()
  readonly receiveRings: OctetRings = new OctetRings()
  readonly demux: Demux = new Demux()
  readonly options: Options = new Options()
  readonly news: AckNews = newAckNews()
  readonly owners: (SocketOwner | undefined)[] = []
  readonly outOfOrder: (OutOfOrder | undefined)[] = []
  readonly listeners: (Listener | undefined)[] = []
  readonly listenersByPort: Map<number, number[]> = new Map()
  readonly settings: Settings
  readonly counters: Counters
  readonly ports: Stream
  readonly idents: Stream
  /** Secrets behind initial sequence numbers, timestamp offsets and ephemeral ports. */
  readonly isnSecret: number
  readonly tsSecret: number
  readonly portSecret: number
  timeWaitNs: number = TIME_WAIT_NS
  /** Challenge ACKs that this second still allows. */
  challengeSecond = -1
  challengesLeft = 0
  portCounter = 0
  /** 0: even ephemeral ports are tried first; 1: they ran out lately. */
  portParity = 0
  /** Set by index.ts: the tables that need this object to be made first. */
  requests: Requests | undefined
  timeWaits: TimeWaits | undefined
  /** Row whose timers are handled by an event: registered by index.ts. */
  timerHandler = -1
  private readonly wakeHandler: number
  private readonly spareOutOfOrder: OutOfOrder[] = []

  constructor(host: Host) {
    this.host = host
    this.agenda = host.world.agenda
    this.settings = readSettings(host)
    this.counters = newCounters()
    const chance = host.world.chance
    this.ports = chance.stream(`${host.name} tcp port`)
    this.idents = chance.stream(`${host.name} tcp ip-id`)
    this.isnSecret = chance.stream(`${host.name} tcp isn`).uint32()
    this.tsSecret = chance.stream(`${host.name} tcp timestamp`).uint32()
    this.portSecret = this.ports.uint32()
    this.wakeHandler = this.agenda.register((socket) => this.wakeNow(socket))
  }

  get now(): number {
    return this.agenda.now
  }

  /** The machine's millisecond clock, that of its timestamps (RFC 7323 §5.4). */
  get nowMs(): number {
    return Math.floor(this.agenda.now / NS_PER_MS)
  }

  /** Reads the kernel settings again. */
  configure(): void {
    Object.assign(this.settings, readSettings(this.host))
  }

  /** Tells the program of a socket, a while later, that something it may wait for has happened. */
  wake(row: number): void {
    const c = this.blocks
    if (this.owners[row] === undefined || c.wakeToken[row]! >= 0) return
    c.wakeToken[row] = this.agenda.schedule(
      this.agenda.now + this.host.wakeNs,
      this.wakeHandler,
      row,
      0,
    )
  }

  /** A fresh row without timers. */
  allocate(owner: SocketOwner | undefined): number {
    const c = this.blocks
    const row = c.allocate()
    c.eventToken[row] = NONE
    c.wakeToken[row] = NONE
    c.eventNs[row] = Infinity
    c.timerNs[row] = Infinity
    c.delayedAckNs[row] = Infinity
    c.compressedNs[row] = Infinity
    c.keepaliveNs[row] = Infinity
    c.queueHead[row] = -1
    c.queueNext[row] = -1
    c.queueTail[row] = -1
    c.receivedHead[row] = -1
    c.receivedTail[row] = -1
    c.parent[row] = -1
    this.owners[row] = owner
    return row
  }

  /** Takes back everything a row holds but its place in the demultiplexer. */
  release(row: number): void {
    const { blocks: c, sends, received, agenda } = this
    agenda.cancel(c.eventToken[row]!)
    agenda.cancel(c.wakeToken[row]!)
    for (let skb = c.queueHead[row]!; skb >= 0; ) {
      const next = sends.next[skb]!
      sends.release(skb)
      skb = next
    }
    for (let part = c.receivedHead[row]!; part >= 0; ) {
      const next = received.next[part]!
      received.release(part)
      part = next
    }
    this.sendRings.forget(row)
    this.receiveRings.forget(row)
    this.dropOutOfOrder(row)
    this.owners[row] = undefined
    c.release(row)
  }

  /** The out-of-order ranges of a row, made when they are first needed. */
  needOutOfOrder(row: number): OutOfOrder {
    let ranges = this.outOfOrder[row]
    if (ranges === undefined) {
      ranges = this.spareOutOfOrder.pop() ?? new OutOfOrder()
      this.outOfOrder[row] = ranges
    }
    return ranges
  }

  dropOutOfOrder(row: number): void {
    const ranges = this.outOfOrder[row]
    if (ranges === undefined) return
    ranges.clear()
    this.spareOutOfOrder.push(ranges)
    this.outOfOrder[row] = undefined
  }

  private wakeNow(row: number): void {
    this.blocks.wakeToken[row] = NONE
    if (this.host.down) return
    const owner = this.owners[row]
    assert(owner !== undefined, 'a socket without a program was to be woken')
    owner.wake(row)
  }
}

function readSettings(host: Host): Settings {
  const value = (name: string): number => host.sysctl.number(`net.ipv4.${name}`)
  return {
    sack: value('tcp_sack') !== 0,
    dsack: value('tcp_dsack') !== 0,
    timestamps: value('tcp_timestamps') !== 0,
    scaling: value('tcp_window_scaling') !== 0,
    synRetries: value('tcp_syn_retries'),
    synLinear: value('tcp_syn_linear_timeouts'),
    synAckRetries: value('tcp_synack_retries'),
    retries2: value('tcp_retries2'),
    retries1: value('tcp_retries1'),
    mtuProbing: value('tcp_mtu_probing') !== 0,
    baseMss: value('tcp_base_mss'),
    orphanRetries: value('tcp_orphan_retries') || 8,
    finTimeoutNs: value('tcp_fin_timeout') * NS_PER_S,
    keepaliveIdleNs: value('tcp_keepalive_time') * NS_PER_S,
    keepaliveGapNs: value('tcp_keepalive_intvl') * NS_PER_S,
    keepaliveTries: value('tcp_keepalive_probes'),
    lossProbe: value('tcp_early_retrans') >= 3,
    frto: value('tcp_frto') !== 0,
    recovery: value('tcp_recovery'),
    reordering: value('tcp_reordering'),
    maxReordering: value('tcp_max_reordering'),
    compressedMost: value('tcp_comp_sack_nr'),
    compressedDelayNs: value('tcp_comp_sack_delay_ns'),
    challengeLimit: value('tcp_challenge_ack_limit'),
    unwantedGapNs: value('tcp_invalid_ratelimit') * NS_PER_MS,
    moderate: value('tcp_moderate_rcvbuf') !== 0,
    idleRestart: value('tcp_slow_start_after_idle') !== 0,
    abortOnOverflow: value('tcp_abort_on_overflow') !== 0,
    synCookies: value('tcp_syncookies'),
    maxSynBacklog: value('tcp_max_syn_backlog'),
    maxBacklog: host.sysctl.number('net.core.somaxconn'),
  }
}

function newCounters(): Counters {
  return {
    activeOpens: 0,
    passiveOpens: 0,
    attemptFails: 0,
    establishedResets: 0,
    inSegments: 0,
    outSegments: 0,
    retransmitted: 0,
    outResets: 0,
    timeouts: 0,
    lossProbes: 0,
    spuriousTimeouts: 0,
    undone: 0,
    compressedAcks: 0,
    fastRetransmits: 0,
    listenOverflows: 0,
    listenDrops: 0,
    delayedAcks: 0,
    challengeAcks: 0,
  }
}
