import { reportVerdict, runSheet } from '../../sim/lab/index.ts'
import { assert, cases, suite } from '../lib/harness.ts'

/** What a text of a sheet says has to hold. */
function holds(text: string): void {
  assert.is(reportVerdict(runSheet(`title: test\naim: test\n${text}`)), '')
}

const INLINE = `
topology:
  networks: { internet: 207.17.117.0/24, lan: 172.16.20.0/24 }
  nodes:
    client: { interfaces: { eth0: 207.17.117.20/24 }, gateway: lb }
    lb:
      role: balancer
      interfaces: { outside: 207.17.117.1/24, inside: 172.16.20.254/24 }
      SYSCTL
    rs1: { role: server, interfaces: { eth0: 172.16.20.1/24 }, gateway: lb }
services:
  web: { balancer: lb, vip: 207.17.117.2:80/tcp, forward: dnat, servers: [rs1:80] }
nat:
  - { node: lb, to: 172.16.20.0/24, snat: 172.16.20.254 }
steps:
  - { at: 0s, from: client, get: http://207.17.117.2/, source-port: 40000, name: visit }
expect:
  - { response: visit, outcome: ok, server: rs1 }`

suite('rules of nat and services on one machine', (test) => {
  test('leave each other alone: what a service balances is not tracked', () => {
    holds(`${INLINE.replace('SYSCTL', '')}
  - { packet: "rs1.eth0 in S 207.17.117.20:40000 > 172.16.20.1:80", times: 1 }
  - { table: lb.conntrack, rows: 0 }`)
  })

  test('work together with net.ipv4.vs.conntrack', () => {
    holds(`${INLINE.replace('SYSCTL', 'sysctl: { net.ipv4.vs.conntrack: 1 }')}
  - { packet: "rs1.eth0 in S 172.16.20.254:40000 > 172.16.20.1:80", times: 1 }
  - { packet: "client.eth0 in S. 207.17.117.2:80 > 207.17.117.20:40000", times: 1 }
  - table: lb.conntrack
    has: [{ src: 207.17.117.20, dst: 207.17.117.2, reply-src: 172.16.20.1, reply-dst: 172.16.20.254, state: TIME_WAIT }]
  - { table: lb.connections, has: [{ source: "207.17.117.20:40000", destination: "172.16.20.1:80" }] }`)
  })
})

const HOME = `
topology:
  networks: { home: 192.168.1.0/24, internet: { subnets: [207.17.117.0/24, 198.51.100.0/24] } }
  nodes:
    natgw:
      role: router
      interfaces: { inside: 192.168.1.1/24, outside: { addresses: [207.17.117.20/24, 198.51.100.2/24] } }
    pc: { interfaces: { eth0: 192.168.1.10/24 }, gateway: natgw }
    pc2: { interfaces: { eth0: 192.168.1.11/24 }, gateway: natgw }
    near: { role: server, interfaces: { eth0: 207.17.117.99/24 } }
    far: { role: server, interfaces: { eth0: 198.51.100.9/24 } }
programs:
  web: { nodes: [near, far, pc], listen: 80/tcp, run: web }
  high: { nodes: [pc], listen: 9003/tcp, run: web }
  echo: { nodes: [natgw, near], listen: 7/udp, run: echo }`

cases(
  'nat in sheets',
  [
    {
      name: 'masquerade takes the address that is near the next hop',
      text: `
nat: [{ node: natgw, from: 192.168.1.0/24, masquerade: outside }]
steps:
  - { at: 0s, from: pc, get: http://198.51.100.9/, source-port: 40000, name: one }
  - { at: 1s, from: pc, get: http://207.17.117.99/, source-port: 40000, name: other }
expect:
  - { packet: "far.eth0 in S 198.51.100.2:40000 > 198.51.100.9:80", times: 1 }
  - { packet: "near.eth0 in S 207.17.117.20:40000 > 207.17.117.99:80", times: 1 }
  - { response: one, outcome: ok }
  - { response: other, outcome: ok }`,
    },
    {
      name: 'a range of ports keeps the place in the range',
      text: `
nat: [{ node: natgw, to: "207.17.117.20:8000-8009/tcp", dnat: "192.168.1.10:9000-9009" }]
steps: [{ at: 0s, from: near, get: "http://207.17.117.20:8003/", name: visit }]
expect:
  - { packet: "pc.eth0 in S 207.17.117.99:* > 192.168.1.10:9003", times: 1 }
  - { response: visit, outcome: ok, server: pc }`,
    },
    {
      name: 'a destination may become the machine itself',
      text: `
nat: [{ name: catch, node: natgw, in: inside, to: "203.0.113.0/24:7/udp", dnat: 192.168.1.1 }]
steps: [{ at: 0s, from: pc, datagram: "203.0.113.9:7/udp", size: 10B, name: call }]
expect:
  - { packet: "pc.eth0 in udp 203.0.113.9:7 > 192.168.1.10:*", times: 1 }
  - { response: call, outcome: ok, server: natgw }
  - { served: { natgw: 1 }, service: catch }
  - { table: natgw.conntrack, has: [{ protocol: udp, dst: 203.0.113.9, reply-src: 192.168.1.1 }] }`,
    },
    {
      name: 'a machine that loses power has forgotten its flows',
      text: `
nat: [{ node: natgw, from: 192.168.1.0/24, masquerade: outside }]
steps:
  - { at: 0s, from: pc, connect: "207.17.117.99:80/tcp", name: open }
  - { at: 2s, crash: natgw, for: 1s }
  - { at: 5s, from: pc, get: http://207.17.117.99/, name: visit }
expect:
  - { table: natgw.conntrack, at: 1s, rows: 1 }
  - { table: natgw.conntrack, at: 4s, rows: 0 }
  - { response: visit, outcome: ok }`,
    },
    {
      name: 'what the gateway itself sends keeps its address, and its port stays its own',
      text: `
nat: [{ node: natgw, from: 192.168.1.0/24, masquerade: outside }]
steps:
  - { at: 0s, from: natgw, connect: "207.17.117.99:80/tcp", source-port: 40000, name: mine }
  - { at: 1s, from: pc, connect: "207.17.117.99:80/tcp", source-port: 40000, name: theirs }
expect:
  - { packet: "near.eth0 in S 207.17.117.20:40000 > 207.17.117.99:80", times: 1 }
  - { count: 2, where: near.eth0 in, filter: tcp.flags.syn == 1 }
  - { response: mine, outcome: ok }
  - { response: theirs, outcome: ok }`,
    },
    {
      name: 'fragments are joined, translated and cut again',
      text: `
nat: [{ node: natgw, from: 192.168.1.0/24, masquerade: outside }]
steps: [{ at: 0s, from: pc, datagram: "207.17.117.99:7/udp", size: 3000B, name: big }]
expect:
  - { count: 3, where: near.eth0 in, filter: ip.src == 207.17.117.20 && (ip.flags.mf == 1 || ip.frag_offset > 0) }
  - { count: 0, where: near.eth0 in, filter: ip.src == 192.168.1.0/24 }
  - { response: big, outcome: ok }`,
    },
    {
      name: 'a setting changes in the middle of a run',
      text: `
nat: [{ node: natgw, from: 192.168.1.0/24, masquerade: outside }]
steps:
  - { at: 0s, from: pc, datagram: "207.17.117.99:7/udp", size: 10B, name: one }
  - { at: 1s, node: natgw, sysctl: { net.netfilter.nf_conntrack_udp_timeout: 5, net.netfilter.nf_conntrack_max: 2 } }
  - { at: 2s, from: pc, datagram: "207.17.117.99:7/udp", size: 10B, name: two }
  - { at: 3s, from: pc2, datagram: "207.17.117.99:7/udp", size: 10B, timeout: 1s, name: three }
until: 20s
expect:
  - { dropped: conntrack-full, where: natgw, times: 1 }
  - { response: two, outcome: ok }
  - { response: three, outcome: timeout }
  - { table: natgw.conntrack, at: 6s, rows: 2 }
  - { table: natgw.conntrack, at: 8s, rows: 1 }`,
    },
    {
      name: 'a datagram is remembered for 30 seconds',
      text: `
nat: [{ node: natgw, from: 192.168.1.0/24, masquerade: outside }]
steps: [{ at: 0s, from: pc, datagram: "207.17.117.99:7/udp", size: 10B, name: call }]
until: 40s
expect:
  - { table: natgw.conntrack, at: 29s, rows: 1 }
  - { table: natgw.conntrack, at: 31s, rows: 0 }`,
    },
  ],
  ({ text }) => holds(HOME + text),
)

const SIX = `
topology:
  networks: { outside: "2001:db8::/64", inside: "fd00::/64" }
  nodes:
    client: { interfaces: { eth0: { addresses: ["2001:db8::10/64", "2001:db8::12/64"] } } }
    gw: { role: router, interfaces: { out: "2001:db8::1/64", in: "fd00::1/64" } }
    rs1: { role: server, interfaces: { eth0: "fd00::a/64" }, gateway: gw }
    rs2: { role: server, interfaces: { eth0: "fd00::b/64" }, gateway: gw }
programs: { web: { nodes: [rs1, rs2], listen: 80/tcp, run: web } }`

const visits = `
steps:
  - { at: 0s, from: client, get: "http://[2001:db8::1]/", source: "2001:db8::10", name: v1 }
  - { at: 1s, from: client, get: "http://[2001:db8::1]/", source: "2001:db8::12", name: v2 }
  - { at: 2s, from: client, get: "http://[2001:db8::1]/", source: "2001:db8::10", name: v3 }`

suite('nat over IPv6', (test) => {
  test('takes turns', () => {
    holds(`${SIX}
nat: [{ name: web, node: gw, to: "[2001:db8::1]:80/tcp", dnat: ["fd00::a", "fd00::b"] }]${visits}
expect:
  - { sequence: [rs1, rs2, rs1], service: web }
  - { response: v3, outcome: ok, server: rs1 }`)
  })

  // The servers that lookup3.c computes for these two addresses.
  test('chooses by the hash of the source, the same for the same', () => {
    holds(`${SIX}
nat: [{ name: web, node: gw, to: "[2001:db8::1]:80/tcp", dnat: { hash: source, to: ["fd00::a", "fd00::b"] } }]${visits}
expect:
  - { response: v1, outcome: ok, server: rs1 }
  - { response: v2, outcome: ok, server: rs2 }
  - { response: v3, outcome: ok, server: rs1 }`)
  })
})
