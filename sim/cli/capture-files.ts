import { basename } from 'node:path'
import { capturedInterfaces, Recorder, type Run } from '../lab/index.ts'
import { OutputFile } from './output-file.ts'

/** The captures of a run as files of a folder, which get their names once all are whole. */
export class CaptureFiles {
  /** Path of the file with all interfaces. */
  readonly path: string
  private readonly files: readonly OutputFile[]
  private readonly recorder: Recorder

  constructor(run: Run, folder: string) {
    const name = basename(run.sheet.file).replace(/\.ya?ml$/, '')
    this.files = OutputFile.openAll(folder, [
      `${name}.pcapng`,
      ...capturedInterfaces(run).map((each) => `${each.replace('.', '-')}.pcap`),
    ])
    const [all, ...single] = this.files.map((file) => file.sink)
    this.path = this.files[0]!.path
    this.recorder = new Recorder(run, all!, single)
  }

  listen(): void {
    this.recorder.listen()
  }

  /** Completes the files and, once all are whole, gives them their names. */
  finish(): void {
    this.recorder.finish()
    for (const file of this.files) file.finish()
  }

  /** Takes back what was written of an unfinished run. */
  discard(): void {
    for (const file of this.files) file.discard()
  }
}
