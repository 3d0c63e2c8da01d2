import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CaptureRecord, PcapWriter } from '../../sim/capture/index.ts'
import { linuxCapture } from './linux.ts'

/**
 * The captures, one after the other, on which decoder and filters are tried: `tshark.json` numbers
 * their frames.
 */
const MIX: readonly string[] = [
  '01-inline-dnat/lb-eth0',
  '04-one-arm-no-snat/client-eth0',
  '08a-icmp-port-unreachable/client-eth0',
  '11-udp-dns/client-eth0',
  '12-v6-dnat/client-eth0',
  '07e-redirect-no-nat/client2-eth0',
  '10-client-close/client-eth0',
]

/** All frames of the mix. */
export const mixRecords: readonly CaptureRecord[] = MIX.flatMap(
  (name) => linuxCapture(name).records,
)

/** More of IPv6: neighbour discovery, fragments, errors and a redirect. */
export const mixOfIpv6: readonly CaptureRecord[] = [
  '16b-v6-fragments/client-eth0',
  '16c-v6-too-big/client-eth0',
  '16d-v6-errors/client-eth0',
  '16e-v6-redirect/client-eth0',
].flatMap((name) => linuxCapture(name).records)

/** Writes frames as one file for tshark and returns its path. */
export function writeMix(records: readonly CaptureRecord[] = mixRecords): string {
  const chunks: Uint8Array[] = []
  const writer = new PcapWriter((chunk) => chunks.push(chunk.slice()), 1_000_000_000)
  records.forEach(({ bytes }, i) => {
    writer.frame(i * 1_000_000, bytes, 0, bytes.length)
  })
  writer.end()
  const path = join(mkdtempSync(join(tmpdir(), 'vipwire-mix-')), 'mix.pcap')
  writeFileSync(path, Buffer.concat(chunks))
  return path
}
