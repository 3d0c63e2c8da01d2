import { readFileSync } from 'node:fs'
import { type CaptureFile, readCapture } from '../../sim/capture/index.ts'

/** Path of a capture of a real kernel under `pcaps/linux`. */
export function linuxPath(name: string): string {
  return new URL(`../../pcaps/linux/${name}.pcap`, import.meta.url).pathname
}

/** Reads `SCENARIO/HOST-INTERFACE`. */
export function linuxCapture(name: string): CaptureFile {
  const file = readCapture(new Uint8Array(readFileSync(linuxPath(name))))
  if (file.problem !== undefined) throw new Error(`${name}: ${file.problem}`)
  return file
}
