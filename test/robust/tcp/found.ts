import type { Kernel, Plan, Script, Trouble } from './plan.ts'

/** Plans that chance made and that once failed, small; each with what was wrong. */
const LINUX: Kernel = {}
const SMOOTH: Trouble = { loss: 0, twice: 0, late: 0, lateUs: 20, flip: 0 }
export const script = (change: Partial<Script>): Script => ({
  receiveBuffer: undefined,
  sendBuffer: undefined,
  congestion: 'cubic',
  nodelay: false,
  deeds: [],
  ending: 'shutdown',
  readOctets: 65536,
  readEveryMs: 1,
  ...change,
})

export const PLAIN: Plan = {
  seed: 0,
  family: 4,
  through: 'cable',
  mtu: 1500,
  delayUs: 5,
  rateBps: 1e10,
  queueFrames: 1000,
  forth: SMOOTH,
  back: SMOOTH,
  dark: undefined,
  client: LINUX,
  server: LINUX,
  opening: 'dial',
  talks: [{ client: script({}), server: script({}) }],
}

export const FOUND: readonly { readonly name: string; readonly plan: Plan }[] = [
  {
    name: 'the window of a SYN that crossed another is not scaled',
    plan: {
      ...PLAIN,
      family: 6,
      mtu: 9000,
      opening: 'crossing',
      talks: [
        {
          client: script({ sendBuffer: 100, deeds: [{ write: 62_581 }] }),
          server: script({ deeds: [{ restMs: 1 }] }),
        },
      ],
    },
  },
  {
    name: 'what came out of order makes room for the segment that is missing',
    plan: {
      ...PLAIN,
      seed: 24,
      mtu: 300,
      forth: { ...SMOOTH, loss: 0.003 },
      back: { ...SMOOTH, loss: 0.093, late: 0.004 },
      talks: [
        {
          client: script({ sendBuffer: 100, deeds: [{ restMs: 1 }] }),
          server: script({ receiveBuffer: 100, sendBuffer: 100 }),
        },
        {
          client: script({ receiveBuffer: 100, deeds: [{ write: 1465 }] }),
          server: script({ deeds: [{ write: 497 }] }),
        },
      ],
    },
  },
]
