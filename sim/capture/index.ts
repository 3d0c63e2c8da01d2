import { readPcap } from './pcap-reader.ts'
import { readPcapng } from './pcapng-reader.ts'
import type { CaptureFile } from './record.ts'

export type { Sink as CaptureSink } from './chunks.ts'
export { NdjsonWriter } from './ndjson-writer.ts'
export { readPcap } from './pcap-reader.ts'
export { PcapWriter, SNAP_LEN } from './pcap-writer.ts'
export { readPcapng } from './pcapng-reader.ts'
export {
  type Direction,
  INBOUND,
  type NameRecord,
  OUTBOUND,
  type PcapngOptions,
  PcapngWriter,
} from './pcapng-writer.ts'
export { type CaptureFile, type CaptureRecord, sinceNs } from './record.ts'

/** Reads a capture of either format, told apart by its first four octets. */
export function readCapture(file: Uint8Array): CaptureFile {
  const section = file.length >= 4 && file[0] === 0x0a && file[1] === 0x0d
  return section && file[2] === 0x0d && file[3] === 0x0a ? readPcapng(file) : readPcap(file)
}
