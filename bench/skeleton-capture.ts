import { closeSync, openSync, writeSync } from 'node:fs'

const CHUNK = 1 << 20

/** A capture file of the skeleton, written a megabyte at a time. */
export class SkeletonCapture {
  private readonly file: number
  private readonly octets = new Uint8Array(CHUNK + 4096)
  private readonly view = new DataView(this.octets.buffer)
  private used = 24

  constructor(path: string) {
    this.file = openSync(path, 'w')
    for (const [i, word] of [0xa1b23c4d, 0x00040002, 0, 0, 65535, 1].entries()) {
      this.view.setUint32(i * 4, word, true)
    }
  }

  record(bytes: Uint8Array, from: number, length: number, time: number): void {
    const { view, used } = this
    const seconds = Math.floor(time / 1e9)
    view.setUint32(used, seconds, true)
    view.setUint32(used + 4, time - seconds * 1e9, true)
    view.setUint32(used + 8, length, true)
    view.setUint32(used + 12, length, true)
    this.octets.set(bytes.subarray(from, from + length), used + 16)
    this.used = used + 16 + length
    if (this.used >= CHUNK) this.flush()
  }

  close(): void {
    this.flush()
    closeSync(this.file)
  }

  private flush(): void {
    writeSync(this.file, this.octets, 0, this.used)
    this.used = 0
  }
}
