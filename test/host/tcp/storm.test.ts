import { Chance } from '../../../sim/engine/chance.ts'
import type { Stream } from '../../../sim/engine/chance.ts'
import { assert, cases } from '../../lib/harness.ts'
import { dial, Lab, PATTERN, serve, type Side } from './lab.ts'

/** A program that writes so many octets, closes its half, and reads to the other's end. */
class Talker {
  private readonly size: number
  private at = 0
  private readonly into = new Uint8Array(65536)
  got = 0
  wrong = 0
  /** How it ended: closed, or the socket's error. */
  end = ''

  constructor(size: number) {
    this.size = size
  }

  readonly react = (side: Side): void => {
    const { tcp } = side.host
    const { socket } = side
    if (this.end !== '') return
    if (tcp.error(socket) !== '') return this.finish(side, tcp.error(socket))
    for (;;) {
      const count = tcp.read(socket, this.into, this.into.length)
      for (let i = 0; i < count; i++) if (this.into[i] !== PATTERN[this.got + i]) this.wrong++
      this.got += count
      if (count === 0) break
    }
    while (this.at < this.size) {
      const taken = tcp.write(socket, PATTERN, this.at, Math.min(this.size, this.at + 5000))
      this.at += taken
      if (taken === 0) return
    }
    if (tcp.established(socket)) tcp.shutdown(socket)
    if (tcp.atEnd(socket)) this.finish(side, 'closed')
  }

  private finish(side: Side, how: string): void {
    this.end = how
    side.close()
  }
}

/** A cable that loses, delays and doubles, and machines with or without the options of TCP. */
function storm(random: Stream): Lab {
  const loss = [0, 0.02, 0.05, 0.1][random.below(4)]!
  const late = [0, 0.1, 0.3][random.below(3)]!
  const twice = [0, 0.1][random.below(2)]!
  return new Lab({
    delayUs: [10, 500, 20_000][random.below(3)]!,
    client: {
      'net.ipv4.tcp_sack': random.below(2),
      'net.ipv4.tcp_timestamps': random.below(2),
      'net.ipv4.tcp_window_scaling': random.below(2),
    },
    loss: () => random.happens(loss),
    late: () => (random.happens(late) ? 1 + random.below(5000) : 0),
    twice: () => random.happens(twice),
  })
}

const SEEDS = Array.from({ length: 24 }, (_, i) => ({ name: `storm ${i + 1}`, seed: i + 1 }))

cases('TCP delivers all octets, in order, and leaves nothing behind', SEEDS, ({ seed }) => {
  const random = new Chance(seed).stream('storm')
  const lab = storm(random)
  const small = (): number | undefined =>
    random.below(3) === 0 ? 4096 + random.below(20_000) : undefined
  const options = {
    receiveBuffer: small(),
    sendBuffer: small(),
    congestion: random.below(2) === 0 ? 'cubic' : 'reno',
  }
  const sizes = [random.below(50_000), random.below(200_000)] as const
  const client = new Talker(sizes[0])
  const server = new Talker(sizes[1])
  serve(lab, server.react, options)
  dial(lab, client.react, options)
  lab.run(2_000_000)
  assert.equal([client.end, server.end], ['closed', 'closed'])
  assert.equal([server.got, client.got], [...sizes])
  assert.equal([server.wrong, client.wrong], [0, 0])
  assert.equal([lab.client.tcp.open, lab.server.tcp.open], [0, 1], 'control blocks are left over')
  assert.is(lab.world.pool.live, 0)
})
