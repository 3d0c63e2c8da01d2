import { assert, cases } from '../../lib/harness.ts'
import { closeAtEnd, type Conversation, HANDSHAKE, nothing, once } from './conversation.ts'
import { dial, Lab, serve } from './lab.ts'

const CONVERSATIONS: readonly Conversation[] = [
  {
    name: '10-handshake: nothing sent, the client closes, the server at once after it',
    run: (lab) => {
      serve(lab, closeAtEnd)
      const client = dial(lab, nothing)
      lab.at(205, () => client.close())
    },
    lines: [
      ...HANDSHAKE,
      'C FA 1 ack 1 win 502 len 0',
      'S FA 1 ack 2 win 510 len 0',
      'C A 2 ack 2 win 502 len 0',
    ],
  },
  {
    name: '10-client-close: 1000 octets, FIN, the server closes later',
    run: (lab) => {
      const [server] = [serve(lab, (side) => void side.drain())]
      const client = dial(lab, nothing)
      lab.at(2, () => client.write(1000)).at(2.3, () => client.close())
      lab.at(202, () => server[0]!.close())
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 1000',
      'S A 1 ack 1001 win 532 len 0',
      'C FA 1001 ack 1 win 502 len 0',
      'S A 1 ack 1002 win 532 len 0',
      'S FA 1 ack 1002 win 532 len 0',
      'C A 1002 ack 2 win 502 len 0',
    ],
  },
  {
    name: '10-server-close: the server sends 1000 octets and closes first',
    run: (lab) => {
      const server = serve(lab, nothing)
      const client = dial(lab, (side) => void side.drain())
      lab.at(8, () => server[0]!.write(1000)).at(8.2, () => server[0]!.close())
      lab.at(208, () => client.close())
    },
    lines: [
      ...HANDSHAKE,
      'S PA 1 ack 1 win 510 len 1000',
      'C A 1 ack 1001 win 525 len 0',
      'S FA 1001 ack 1 win 510 len 0',
      'C A 1 ack 1002 win 525 len 0',
      'C FA 1 ack 1002 win 525 len 0',
      'S A 1002 ack 2 win 510 len 0',
    ],
  },
  {
    name: '01-inline-dnat: the ten segments of one GET, the client closes',
    run: (lab) => {
      serve(lab, (side) => {
        if (side.drain() > 0) side.write(1103)
        if (side.atEnd) side.close()
      })
      dial(
        lab,
        once(
          (side) => void side.write(88),
          (side) => {
            side.drain()
            if (side.got === 1103) side.close()
          },
        ),
      )
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 88',
      'S A 1 ack 89 win 509 len 0',
      'S PA 1 ack 89 win 509 len 1103',
      'C A 89 ack 1104 win 525 len 0',
      'C FA 89 ack 1104 win 525 len 0',
      'S FA 1104 ack 90 win 509 len 0',
      'C A 90 ack 1105 win 525 len 0',
    ],
  },
  {
    name: '01b-inline-dnat-server-close: the server closes after its answer',
    run: (lab) => {
      serve(lab, (side) => {
        if (side.drain() === 0) return
        side.write(1122)
        lab.at(lab.agenda.now / 1e6 + 0.05, () => side.close())
      })
      dial(
        lab,
        once((side) => void side.write(89), closeAtEnd),
      )
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 89',
      'S A 1 ack 90 win 509 len 0',
      'S PA 1 ack 90 win 509 len 1122',
      'C A 90 ack 1123 win 525 len 0',
      'S FA 1123 ack 90 win 509 len 0',
      'C FA 90 ack 1124 win 525 len 0',
      'S A 1124 ack 91 win 509 len 0',
    ],
  },
  {
    name: '01d-inline-dnat-notcpopts: without timestamps, SACK and scaling',
    settings: {
      client: {
        'net.ipv4.tcp_timestamps': 0,
        'net.ipv4.tcp_sack': 0,
        'net.ipv4.tcp_window_scaling': 0,
      },
    },
    run: (lab) => {
      serve(lab, (side) => {
        if (side.drain() > 0) side.write(1103)
        if (side.atEnd) side.close()
      })
      dial(
        lab,
        once(
          (side) => void side.write(88),
          (side) => {
            side.drain()
            if (side.got === 1103) side.close()
          },
        ),
      )
    },
    lines: [
      'C S 0 win 64240 len 0 <mss 1460>',
      'S SA 0 ack 1 win 64240 len 0 <mss 1460>',
      'C A 1 ack 1 win 64240 len 0',
      'C PA 1 ack 1 win 64240 len 88',
      'S A 1 ack 89 win 64152 len 0',
      'S PA 1 ack 89 win 64152 len 1103',
      'C A 89 ack 1104 win 65535 len 0',
      'C FA 89 ack 1104 win 65535 len 0',
      'S FA 1104 ack 90 win 64151 len 0',
      'C A 90 ack 1105 win 65535 len 0',
    ],
  },
  {
    name: '10-delayed-ack-pingpong: ACKs ride on answers, the last one waits 40 ms',
    run: (lab) => {
      let rounds = 0
      serve(lab, (side) => {
        if (side.drain() > 0) side.write(100)
        if (side.atEnd) side.close()
      })
      const client = dial(lab, (side) => {
        side.drain()
        if (rounds++ < 3) side.write(100)
      })
      lab.at(501, () => client.close())
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 100',
      'S A 1 ack 101 win 509 len 0',
      'S PA 1 ack 101 win 509 len 100',
      'C A 101 ack 101 win 502 len 0',
      'C PA 101 ack 101 win 502 len 100',
      'S PA 101 ack 201 win 509 len 100',
      'C PA 201 ack 201 win 502 len 100',
      'S PA 201 ack 301 win 509 len 100',
      'C A 301 ack 301 win 502 len 0',
      'C FA 301 ack 301 win 502 len 0',
      'S FA 301 ack 302 win 509 len 0',
      'C A 302 ack 302 win 502 len 0',
    ],
  },
  {
    name: '10-delayed-ack: answers after 0.5 s do not make the talk go to and fro',
    run: (lab) => {
      const server = serve(lab, closeAtEnd)
      const client = dial(lab, (side) => void side.drain())
      for (let round = 0; round < 2; round++) {
        lab.at(1 + round * 1000, () => client.write(100))
        lab.at(600 + round * 1000, () => server[0]!.write(100))
      }
      lab.at(3121, () => client.close())
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 100',
      'S A 1 ack 101 win 509 len 0',
      'S PA 1 ack 101 win 509 len 100',
      'C A 101 ack 101 win 502 len 0',
      'C PA 101 ack 101 win 502 len 100',
      'S A 101 ack 201 win 509 len 0',
      'S PA 101 ack 201 win 509 len 100',
      'C A 201 ack 201 win 502 len 0',
      'C FA 201 ack 201 win 502 len 0',
      'S FA 201 ack 202 win 509 len 0',
      'C A 202 ack 202 win 502 len 0',
    ],
  },
  {
    name: '10-nagle: small writes wait while a small segment is out',
    settings: { delayUs: 20_000 },
    run: (lab) => {
      serve(lab, closeAtEnd)
      const client = dial(
        lab,
        once((side) => {
          for (let i = 0; i < 5; i++) side.write(100)
        }),
      )
      lab.at(541, () => client.close())
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 100',
      'S A 1 ack 101 win 509 len 0',
      'C PA 101 ack 1 win 502 len 400',
      'S A 1 ack 501 win 506 len 0',
      'C FA 501 ack 1 win 502 len 0',
      'S FA 1 ack 502 win 506 len 0',
      'C A 502 ack 2 win 502 len 0',
    ],
  },
  {
    name: '10-nodelay: each write leaves at once',
    settings: { delayUs: 20_000 },
    run: (lab) => {
      serve(lab, closeAtEnd)
      const client = dial(
        lab,
        once((side) => {
          for (let i = 0; i < 5; i++) side.write(100)
        }),
        { nodelay: true },
      )
      lab.at(541, () => client.close())
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 100',
      'C PA 101 ack 1 win 502 len 100',
      'C PA 201 ack 1 win 502 len 100',
      'C PA 301 ack 1 win 502 len 100',
      'C PA 401 ack 1 win 502 len 100',
      'S A 1 ack 101 win 509 len 0',
      'S A 1 ack 201 win 509 len 0',
      'S A 1 ack 301 win 509 len 0',
      'S A 1 ack 401 win 509 len 0',
      'S A 1 ack 501 win 509 len 0',
      'C FA 501 ack 1 win 502 len 0',
      'S FA 1 ack 502 win 509 len 0',
      'C A 502 ack 2 win 502 len 0',
    ],
  },
]

cases('TCP as recorded', CONVERSATIONS, (row) => {
  const lab = new Lab(row.settings)
  row.run(lab)
  lab.run(20_000)
  assert.equal(lab.lines(), [...row.lines])
})
