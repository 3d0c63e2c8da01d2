import { Answerers } from '../../sim/lab/answerers.ts'
import { BY_TCP, CONSUMED, dropCode, DROPPED } from '../../sim/trace/index.ts'
import { parseIpv4 } from '../../sim/wire/address.ts'
import { AddressBook } from '../../sim/wire/address-book.ts'
import { COPY } from '../../sim/wire/frame.ts'
import { assert, suite } from '../lib/harness.ts'
import { SYN } from './expect/frames.ts'
import { Scene } from './expect/scene.ts'

const EXCHANGE = {
  protocol: 'tcp',
  local: parseIpv4('207.17.117.20')!,
  localPort: 40000,
  remote: parseIpv4('199.237.202.124')!,
  remotePort: 80,
} as const

function scene(): { stage: Scene; answerers: Answerers } {
  const stage = new Scene()
  const answerers = new Answerers(stage.places, new AddressBook(), new Set([0]))
  answerers.listen(stage.trace)
  return { stage, answerers }
}

suite('who answered', (test) => {
  test('is the machine where the packet that asked came to its end', () => {
    const { stage, answerers } = scene()
    const frame = stage.pass('client.eth0 out', SYN)
    frame.view.setUint32(frame.start + 30, 0xac101401)
    stage.trace.emit(CONSUMED, stage.places.find('rs1')!, frame, BY_TCP, 0, 0)
    assert.is(answerers.of(EXCHANGE), 3)
    assert.is(answerers.of({ ...EXCHANGE, localPort: 40001 }), -1)
  })

  test('is found through the copies of a switch', () => {
    const { stage, answerers } = scene()
    const frame = stage.pass('client.eth0 out', SYN)
    const copy = stage.frame(SYN, frame, COPY)
    const other = dropCode('not-for-this-mac')
    stage.trace.emit(DROPPED, stage.places.find('rs1.eth0')!, frame, other, 0, 0)
    stage.trace.emit(CONSUMED, stage.places.find('rs2')!, copy, BY_TCP, 0, 0)
    assert.is(answerers.of(EXCHANGE), 4)
  })

  test('is the machine that refuses', () => {
    const { stage, answerers } = scene()
    const frame = stage.pass('client.eth0 out', SYN)
    stage.trace.emit(DROPPED, stage.places.find('lb')!, frame, dropCode('tcp-no-socket'), 0, 0)
    assert.is(answerers.of(EXCHANGE), 2)
  })

  test('is nobody when the packet was lost, or is not a client of a step', () => {
    const { stage, answerers } = scene()
    const frame = stage.pass('client.eth0 out', SYN)
    stage.trace.emit(DROPPED, stage.places.find('router')!, frame, dropCode('no-route'), 0, 0)
    const passing = stage.pass('router.dmz out', SYN)
    stage.trace.emit(CONSUMED, stage.places.find('rs1')!, passing, BY_TCP, 0, 0)
    assert.is(answerers.of(EXCHANGE), -1)
  })
})
