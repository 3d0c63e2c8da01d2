import { assert, cases } from '../../lib/harness.ts'
import { closeAtEnd, type Conversation, HANDSHAKE, nothing, once, SYN } from './conversation.ts'
import { dial, Lab, serve } from './lab.ts'

const CONVERSATIONS: readonly Conversation[] = [
  {
    name: '10-rst-closed-port: RST+ACK without options',
    run: (lab) => void dial(lab, nothing),
    lines: [SYN, 'S RA 0 ack 1 win 0 len 0'],
  },
  {
    name: '10-rst-abort: RST+ACK with the real window',
    run: (lab) => {
      serve(lab, (side) => void side.drain())
      const client = dial(
        lab,
        once((side) => void side.write(100)),
      )
      lab.at(200, () => lab.client.tcp.abort(client.socket))
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 100',
      'S A 1 ack 101 win 509 len 0',
      'C RA 101 ack 1 win 502 len 0',
    ],
  },
  {
    name: '10-rst-send-after-close: data for a closed socket is answered with RST alone',
    run: (lab) => {
      serve(lab, (side) => side.close())
      const client = dial(lab, nothing)
      lab.at(200, () => client.write(100))
    },
    lines: [
      ...HANDSHAKE,
      'S FA 1 ack 1 win 510 len 0',
      'C A 1 ack 2 win 502 len 0',
      'C PA 1 ack 2 win 502 len 100',
      'S R 2 win 0 len 0',
    ],
  },
  {
    name: '10-timewait-reuse: a newer SYN ends TIME-WAIT at the server',
    run: (lab) => {
      serve(lab, (side) => side.close())
      dial(lab, closeAtEnd)
      lab.at(1282, () => void dial(lab, closeAtEnd))
    },
    lines: [
      ...HANDSHAKE,
      'S FA 1 ack 1 win 510 len 0',
      'C FA 1 ack 2 win 502 len 0',
      'S A 2 ack 2 win 510 len 0',
      ...HANDSHAKE,
      'S FA 1 ack 1 win 510 len 0',
      'C FA 1 ack 2 win 502 len 0',
      'S A 2 ack 2 win 510 len 0',
    ],
  },
  {
    name: '10-keepalive: probes of a peer that lives, 2 s after its last ACK',
    run: (lab) => {
      serve(lab, (side) => void side.drain())
      const client = dial(
        lab,
        once((side) => {
          lab.client.tcp.setKeepAlive(side.socket, 2e9, 1e9, 3)
          side.write(10)
        }),
      )
      lab.at(7002, () => client.close())
    },
    lines: [
      ...HANDSHAKE,
      'C PA 1 ack 1 win 502 len 10',
      'S A 1 ack 11 win 509 len 0',
      'C A 10 ack 1 win 502 len 0',
      'S A 1 ack 11 win 509 len 0',
      'C A 10 ack 1 win 502 len 0',
      'S A 1 ack 11 win 509 len 0',
      'C A 10 ack 1 win 502 len 0',
      'S A 1 ack 11 win 509 len 0',
      'C FA 11 ack 1 win 502 len 0',
      'S A 1 ack 12 win 509 len 0',
    ],
  },
]

cases('TCP resets and probes as recorded', CONVERSATIONS, (row) => {
  const lab = new Lab(row.settings)
  row.run(lab)
  lab.run(20_000)
  assert.equal(lab.lines(), [...row.lines])
})
