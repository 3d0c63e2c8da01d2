import fc from 'fast-check'

/**
 * A trial of TCP as plain data: two machines, the cables between them with their troubles, and what
 * the programs do. The same plan is the same run, octet by octet.
 */
export interface Plan {
  /** Of all chance in the run. */
  readonly seed: number
  readonly family: 4 | 6
  /** `balancer`: a machine in between rewrites the destination. */
  readonly through: 'cable' | 'balancer'
  readonly mtu: number
  readonly delayUs: number
  readonly rateBps: number
  readonly queueFrames: number
  /** Troubles of the way from the client and of the way back. */
  readonly forth: Trouble
  readonly back: Trouble
  readonly dark: Darkness | undefined
  readonly client: Kernel
  readonly server: Kernel
  /** `crossing`: both ends connect to each other at once. */
  readonly opening: 'dial' | 'crossing'
  readonly talks: readonly Talk[]
}

/** Shares of frames, 0 to 1. */
export interface Trouble {
  readonly loss: number
  readonly twice: number
  readonly late: number
  readonly lateUs: number
  /** One bit of the packet is flipped, and no check sequence tells. */
  readonly flip: number
}

/** The cables carry nothing, on one way or both. */
export interface Darkness {
  readonly atMs: number
  /** 0: for ever. */
  readonly forMs: number
  readonly way: 'forth' | 'back' | 'both'
}

/** Settings under `net.ipv4`. */
export type Kernel = Readonly<Record<string, number>>

/** What the programs at both ends of one connection do. */
export interface Talk {
  readonly client: Script
  readonly server: Script
}

export interface Script {
  readonly receiveBuffer: number | undefined
  readonly sendBuffer: number | undefined
  readonly congestion: string
  readonly nodelay: boolean
  readonly deeds: readonly Deed[]
  /** After the deeds: half of the connection, all of it, or with RST. */
  readonly ending: 'shutdown' | 'close' | 'abort'
  /** Octets at a time, and the rest between; 0 octets: reads nothing, and only then may close. */
  readonly readOctets: number
  readonly readEveryMs: number
}

export type Deed =
  | { readonly write: number }
  | { readonly restMs: number }
  | { readonly option: 'cork' | 'nodelay' | 'quickack' | 'keepalive'; readonly on: number }

const share = (most: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 100 }).map((n) => (n * most) / 100) },
  )

const trouble: fc.Arbitrary<Trouble> = fc.record({
  loss: share(0.3),
  twice: share(0.2),
  late: share(0.4),
  lateUs: fc.constantFrom(20, 500, 5000, 60_000, 900_000),
  flip: share(0.1),
})

const darkness: fc.Arbitrary<Darkness> = fc.record({
  atMs: fc.oneof(fc.nat(100), fc.nat(5000)),
  forMs: fc.constantFrom(0, 0, 300, 5000, 60_000, 400_000),
  way: fc.constantFrom('forth', 'back', 'both'),
})

const bit = fc.constantFrom(0, 1)

/** Mostly as Linux comes, with some settings of a machine turned. */
const kernel: fc.Arbitrary<Kernel> = fc
  .record({
    tcp_sack: fc.constantFrom(1, 1, 0),
    tcp_dsack: fc.constantFrom(1, 1, 0),
    tcp_timestamps: fc.constantFrom(1, 1, 0),
    tcp_window_scaling: fc.constantFrom(1, 1, 0),
    tcp_early_retrans: fc.constantFrom(3, 3, 0),
    tcp_slow_start_after_idle: bit,
    tcp_moderate_rcvbuf: fc.constantFrom(1, 1, 0),
    tcp_mtu_probing: fc.constantFrom(0, 0, 1),
    tcp_retries2: fc.constantFrom(15, 8, 3),
    tcp_syn_retries: fc.constantFrom(6, 2),
    tcp_syn_linear_timeouts: fc.constantFrom(4, 0),
    tcp_synack_retries: fc.constantFrom(5, 1),
    tcp_orphan_retries: fc.constantFrom(0, 3),
    tcp_fin_timeout: fc.constantFrom(60, 5, 90),
    tcp_keepalive_time: fc.constantFrom(7200, 5),
    tcp_keepalive_intvl: fc.constantFrom(75, 2),
    tcp_keepalive_probes: fc.constantFrom(9, 3),
  })
  .map((all) => all)

const octets = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3000) },
  { weight: 3, arbitrary: fc.nat(40_000) },
  { weight: 1, arbitrary: fc.nat(200_000) },
)

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 5, arbitrary: octets.map((write) => ({ write })) },
  { weight: 3, arbitrary: fc.constantFrom(1, 30, 210, 1500, 70_000).map((restMs) => ({ restMs })) },
  {
    weight: 1,
    arbitrary: fc.record({
      option: fc.constantFrom('cork', 'nodelay', 'quickack', 'keepalive'),
      on: bit,
    }),
  },
)

const buffer = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 30_000 }) },
)

const script: fc.Arbitrary<Script> = fc
  .record({
    receiveBuffer: buffer,
    sendBuffer: buffer,
    congestion: fc.constantFrom('cubic', 'reno'),
    nodelay: fc.boolean(),
    deeds: fc.array(deed, { maxLength: 6 }),
    ending: fc.constantFrom('shutdown', 'shutdown', 'shutdown', 'close', 'abort'),
    readOctets: fc.constantFrom(65536, 65536, 65536, 3000, 700, 0),
    readEveryMs: fc.constantFrom(1, 40, 300),
  })
  // Who reads nothing and waits for the end of what comes would wait for ever.
  .map((made) =>
    made.readOctets === 0 && made.ending === 'shutdown' ? { ...made, ending: 'close' } : made,
  )

const MTUS = { 4: [1500, 1500, 576, 300, 9000], 6: [1500, 1500, 1280, 9000] } as const

export const plan: fc.Arbitrary<Plan> = fc
  .record({
    seed: fc.nat(0x7fffffff),
    family: fc.constantFrom(4, 6),
    through: fc.constantFrom('cable', 'cable', 'balancer'),
    mtuOf: fc.nat(20),
    delayUs: fc.constantFrom(5, 200, 5000, 20_000, 150_000),
    rateBps: fc.constantFrom(1e10, 1e9, 1e7, 1e6),
    queueFrames: fc.constantFrom(1000, 100, 8),
    forth: trouble,
    back: trouble,
    dark: fc.option(darkness, { nil: undefined, freq: 3 }),
    client: kernel,
    server: kernel,
    opening: fc.constantFrom('dial', 'dial', 'dial', 'crossing'),
    talks: fc.array(fc.record({ client: script, server: script }), { minLength: 1, maxLength: 2 }),
  })
  .map(({ mtuOf, ...rest }) => {
    const mtus = MTUS[rest.family as 4 | 6]
    const through = rest.opening === 'crossing' ? 'cable' : rest.through
    return { ...rest, through, mtu: mtus[mtuOf % mtus.length]! } as Plan
  })
