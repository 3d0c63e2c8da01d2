// Sheets whose size can be chosen: what grows is one thing, the work stays of one kind.

const LAN = '{ subnets: [10.0.0.0/8], delay: 1us, rate: 1Gbit/s, queue: 1000 }'
const PAGE = 'listen: 80/tcp, backlog: 4096, run: { web: { pages: { /: { size: 500B } } } }'
const VIP = '10.255.0.1'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
const address = (block: number, i: number): string =>
  `10.${block}.${Math.floor(i / 250)}.${(i % 250) + 1}`

interface Lab {
  readonly servers?: number
  readonly services?: number
  readonly bystanders?: number
  readonly timeWait?: string
  readonly steps: readonly string[]
}

/** A balancer, its servers and one client on one network; `steps` make the traffic. */
function lab({
  servers = 2,
  services = 1,
  bystanders = 0,
  timeWait = '100ms',
  steps,
}: Lab): string {
  const others = numbers(bystanders).map(
    (i) => `    idle${i}: { interfaces: { eth0: ${address(3, i)}/8 } }`,
  )
  const real = numbers(servers).map(
    (i) => `    rs${i}: { role: server, interfaces: { eth0: ${address(1, i)}/8 }, gateway: lb }`,
  )
  const names = numbers(servers).map((i) => `rs${i}`)
  const virtual = numbers(services).map((i) => {
    const vip = i === 1 ? `${VIP}:80` : `${address(2, i)}:80`
    const one = services === 1 ? names : [names[i % names.length]!]
    const list = one.map((name) => `${name}:80`).join(', ')
    return `  web${i}: { balancer: lb, vip: ${vip}/tcp, forward: snat, servers: [${list}] }`
  })
  return [
    'title: A size to be measured',
    'aim: Nothing but work.',
    'topology:',
    `  networks: { lan: ${LAN} }`,
    '  nodes:',
    `    client: { interfaces: { eth0: 10.200.0.1/8 }, time-wait: ${timeWait} }`,
    '    lb: { role: balancer, interfaces: { eth0: 10.200.0.2/8 } }',
    ...real,
    ...others,
    'programs:',
    `  web: { nodes: [${names.join(', ')}], ${PAGE} }`,
    'services:',
    ...virtual,
    'steps:',
    ...steps,
    'expect: [{ response: load, outcome: ok }]',
    '',
  ].join('\n')
}

const load = (connections: number, name = 'load'): string =>
  `  - { at: 0s, from: client, load: http://${VIP}/, arrivals: { constant: 5000/s }, ` +
  `size: 200B, for: ${connections * 200}us, name: ${name} }`

/** One thing that grows. */
export interface Growth {
  readonly name: string
  /** What a size counts. */
  readonly unit: string
  readonly sizes: readonly number[]
  readonly sheet: (size: number) => string
  /** What the cost is divided by; beside it the size should not matter. */
  readonly work: (size: number) => number
}

const VISITS = 4000

export const GROWTHS: readonly Growth[] = [
  {
    name: 'run length',
    unit: 'connections one after the other',
    sizes: [2000, 6000, 18_000],
    sheet: (size) => lab({ steps: [load(size)] }),
    work: (size) => size,
  },
  {
    name: 'remembered',
    unit: 'connections in TIME_WAIT at the end',
    sizes: [2000, 6000, 18_000],
    sheet: (size) => lab({ timeWait: '60s', steps: [load(size)] }),
    work: (size) => size,
  },
  {
    name: 'servers',
    unit: 'servers of one service',
    sizes: [10, 100, 500],
    sheet: (size) => lab({ servers: size, steps: [load(VISITS)] }),
    work: () => VISITS,
  },
  {
    name: 'services',
    unit: 'services of one balancer',
    sizes: [10, 100, 500],
    sheet: (size) => lab({ services: size, steps: [load(VISITS)] }),
    work: () => VISITS,
  },
  {
    name: 'hosts',
    unit: 'machines on one network',
    sizes: [10, 100, 1000],
    sheet: (size) => lab({ bystanders: size, steps: [load(VISITS)] }),
    work: () => VISITS,
  },
  {
    name: 'pending events',
    unit: 'connections that are open at once',
    sizes: [500, 2000, 8000],
    sheet: (size) =>
      lab({
        steps: [
          load(VISITS),
          `  - { at: 0s, from: client, connect: ${VIP}:80/tcp, times: ${size}, ` +
            'every: 50us, do: [{ sleep: 2s }, close], name: sleepers }',
        ],
      }),
    work: (size) => VISITS + size,
  },
]
