import { assert } from '../../engine/assert.ts'
import { compile, type Filter } from '../../filter/index.ts'
import {
  ACCEPT,
  DROP,
  FORWARD,
  INPUT,
  OUTPUT,
  type Packet,
  PRIORITY_FILTER,
  REJECT,
  type Verdict,
} from '../../hook/hook.ts'
import type { Host } from '../../host/host.ts'
import { dissect } from '../../judge/index.ts'
import { dropCode } from '../../trace/index.ts'
import * as ethernet from '../../wire/ethernet.ts'
import type { FilterRuleSheet, Sheet } from '../sheet/types.ts'
import type { Network } from './machines.ts'

const HOOKS = { forward: FORWARD, input: INPUT, output: OUTPUT } as const
const VERDICTS = { accept: ACCEPT, drop: DROP, reject: REJECT } as const
const FILTER = dropCode('filter')
/** ICMP type x 256 + code of "port unreachable", what nftables sends for a bare `reject`. */
const PORT_UNREACHABLE = 3 * 256 + 3
const PORT_UNREACHABLE_V6 = 1 * 256 + 4
const LONGEST_PACKET = 65_535

/** Hangs the packet filters of a sheet on the hooks of their machines. */
export function attachFilters(sheet: Sheet, network: Network): void {
  for (const node of new Set(sheet.filter.map((rule) => rule.node))) {
    const rules = sheet.filter.filter((rule) => rule.node === node)
    attach(rules, network.hosts[node]!)
    network.atBoot.push((booted) => {
      if (booted === node) attach(rules, network.hosts[node]!)
    })
  }
}

function attach(all: readonly FilterRuleSheet[], host: Host): void {
  for (const hook of ['forward', 'input', 'output'] as const) {
    const rules = all.filter((rule) => rule.hook === hook)
    if (rules.length === 0) continue
    const chain = new FilterChain(rules, host)
    host.hooks.add(HOOKS[hook], PRIORITY_FILTER, (packet) => chain.judge(packet))
  }
}

interface Rule {
  /** Place of an interface, -1 for any. */
  readonly inPlace: number
  readonly outPlace: number
  readonly filter: Filter | undefined
  readonly verdict: Verdict
}

/** The rules of one hook of one machine. */
class FilterChain {
  private readonly rules: readonly Rule[]
  /** Where a packet without an Ethernet header gets one. */
  private readonly scratch = new Uint8Array(ethernet.HEADER_LEN + LONGEST_PACKET)
  private readonly scratchView = new DataView(this.scratch.buffer)

  constructor(rules: readonly FilterRuleSheet[], host: Host) {
    this.rules = rules.map(({ inIface, outIface, match, verdict }) => ({
      inPlace: inIface === undefined ? -1 : host.interfaces[inIface]!.place,
      outPlace: outIface === undefined ? -1 : host.interfaces[outIface]!.place,
      filter: match === undefined ? undefined : compiled(match),
      verdict: VERDICTS[verdict],
    }))
  }

  /** The verdict of the first rule that fits. */
  judge(packet: Packet): Verdict {
    const rule = this.rules.find((each) => this.fits(each, packet))
    if (rule === undefined || rule.verdict === ACCEPT) return ACCEPT
    packet.reason = FILTER
    packet.icmp = packet.family === 6 ? PORT_UNREACHABLE_V6 : PORT_UNREACHABLE
    return rule.verdict
  }

  private fits({ inPlace, outPlace, filter }: Rule, packet: Packet): boolean {
    if (inPlace !== -1 && inPlace !== packet.inPlace) return false
    if (outPlace !== -1 && outPlace !== packet.outPlace) return false
    if (filter === undefined) return true
    const { frame, family, network, end } = packet
    // The Ethernet header of a packet of this machine's own is not written yet.
    if (packet.inPlace >= 0) return filter.test(dissect(frame.bytes, frame.start, end))
    const { scratch } = this
    const type = family === 6 ? ethernet.TYPE_IPV6 : ethernet.TYPE_IPV4
    ethernet.setType(this.scratchView, 0, type)
    scratch.set(frame.bytes.subarray(network, end), ethernet.HEADER_LEN)
    return filter.test(dissect(scratch, 0, ethernet.HEADER_LEN + end - network))
  }
}

function compiled(match: string): Filter {
  const filter = compile(match)
  assert('test' in filter, 'a filter that does not compile has come as far as the machines')
  return filter
}
