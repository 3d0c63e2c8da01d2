import { mustHold } from '../../sim/lab/index.ts'
import { assert, suite } from '../lib/harness.ts'
import { onLan, responses } from './lan.ts'

const SITE = `
  site:
    nodes: [server]
    listen: 80/tcp
    run:
      web:
        pages:
          /: { body: "I am {node}, you are {peer}" }
          /big: { size: 100kB, type: image/jpeg }
          /tagged: { size: 10B, etag: v1 }
          /moved: { redirect: /, status: 301 }
          /bye: { size: 10B, headers: { Connection: close } }
          /broken: { status: 503, body: sorry }`

suite('web', (test) => {
  test('status, length and body of pages; a page that is not there is 404', () => {
    const verdict = onLan({
      programs: SITE,
      steps: `
        - { at: 0s, from: client, get: http://172.16.20.1/, source-port: 40000, name: home }
        - { at: 1s, from: client, get: http://172.16.20.1/big, name: big }
        - { at: 2s, from: client, get: http://172.16.20.1/nowhere, name: nowhere }
        - { at: 3s, from: client, get: http://172.16.20.1/broken, name: broken }`,
      expect: `
        - { response: home, status: 200, body: "I am server, you are 172.16.20.100:40000", server: server }
        - { response: big, status: 200, bytes: 100kB, headers: { Content-Type: image/jpeg } }
        - { response: nowhere, status: 404 }
        - { response: broken, status: 503, body: sorry }`,
    })
    mustHold(verdict)
  })

  test('with keep-alive all repetitions share one connection', () => {
    const verdict = onLan({
      programs: SITE,
      steps: '- { at: 0s, from: client, get: http://172.16.20.1/, times: 5, keep-alive: true, name: five }',
      expect: '- { count: 1, where: server.eth0 in, filter: tcp.flags.syn == 1 }',
    })
    mustHold(verdict)
    assert.is(responses(verdict).length, 5)
  })

  test('Connection: close makes the server close first, and the client come again', () => {
    const verdict = onLan({
      programs: SITE,
      steps: '- { at: 0s, from: client, get: http://172.16.20.1/bye, times: 2, keep-alive: true, name: two }',
      expect: `
        - order:
            - client.eth0 in  F. 172.16.20.1:80 > 172.16.20.100:*
            - client.eth0 out F. 172.16.20.100:* > 172.16.20.1:80
        - { count: 2, where: server.eth0 in, filter: tcp.flags.syn == 1 }`,
    })
    mustHold(verdict)
    assert.equal(responses(verdict), ['two ok 200 10', 'two ok 200 10'])
  })

  test('a tag that still holds is answered by 304 without a body', () => {
    const verdict = onLan({
      programs: SITE,
      steps: `
        - { at: 0s, from: client, get: http://172.16.20.1/tagged, name: first }
        - { at: 1s, from: client, get: http://172.16.20.1/tagged, headers: { If-None-Match: '"v1"' }, name: again }
        - { at: 2s, from: client, get: http://172.16.20.1/moved, name: moved }`,
      expect: `
        - { response: first, headers: { ETag: '"v1"' } }
        - { response: moved, headers: { Location: / } }`,
    })
    mustHold(verdict)
    assert.equal(responses(verdict), ['first ok 200 10', 'again ok 304 0', 'moved ok 301 0'])
  })

  test('answers queue for one core: the third visitor waits for two', () => {
    const verdict = onLan({
      topology: '{ use: lan, nodes: { server: { cores: 1 } } }',
      programs: 'site: { nodes: [server], listen: 80/tcp, run: { web: { work: 100ms } } }',
      steps: `
        - { at: 0s, from: client, get: http://172.16.20.1/, name: one }
        - { at: 1ms, from: client, get: http://172.16.20.1/, name: two }
        - { at: 2ms, from: client, get: http://172.16.20.1/, name: three }`,
      expect: `
        - { response: one, took: { min: 100ms, max: 101ms } }
        - { response: two, took: { min: 199ms, max: 200ms } }
        - { response: three, took: { min: 298ms, max: 299ms } }`,
    })
    mustHold(verdict)
  })

  test('waiting needs no core', () => {
    const verdict = onLan({
      topology: '{ use: lan, nodes: { server: { cores: 1 } } }',
      programs: 'site: { nodes: [server], listen: 80/tcp, run: { web: { wait: 100ms } } }',
      steps: `
        - { at: 0s, from: client, get: http://172.16.20.1/, name: one }
        - { at: 1ms, from: client, get: http://172.16.20.1/, name: two }`,
      expect: `
        - { response: one, took: { min: 100ms, max: 101ms } }
        - { response: two, took: { min: 100ms, max: 101ms } }`,
    })
    mustHold(verdict)
  })

  test('what is no HTTP is answered by 400 and closed', () => {
    const verdict = onLan({
      programs: SITE,
      steps: `
        - at: 0s
          from: client
          connect: 172.16.20.1:80/tcp
          do: [say: "hello\\r\\n\\r\\n", receive: end, close]
          name: talk`,
      expect: '- { response: talk, outcome: ok, contains: "HTTP/1.1 400 Bad Request" }',
    })
    mustHold(verdict)
  })

  test('a body is posted with its length', () => {
    const verdict = onLan({
      programs: SITE,
      steps: `
        - { at: 0s, from: client, post: http://172.16.20.1/, body: "a=1&b=2", name: form }
        - { at: 1s, from: client, post: http://172.16.20.1/, size: 200kB, name: upload }`,
      expect: `
        - { response: form, status: 200 }
        - { response: upload, status: 200 }
        - { count: 1, where: server.eth0 in, filter: 'http.request.method == "POST" && frame contains "a=1&b=2"' }
        - { count: { min: 1 }, where: server.eth0 in, filter: 'frame contains "Content-Length: 200000"' }`,
    })
    mustHold(verdict)
  })
})
