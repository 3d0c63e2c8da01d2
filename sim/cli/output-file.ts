import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CommandError, systemProblem, USAGE } from './exit.ts'

/** A file that gets its name only once it is whole: what was there before stays until then. */
export class OutputFile {
  readonly path: string
  private readonly part: string
  private readonly fd: number
  private open = true

  constructor(path: string) {
    this.path = path
    this.part = `${path}.part`
    this.fd = guarded(path, () => openSync(this.part, 'w'))
  }

  /** Makes the folder, and opens all files in it or none. */
  static openAll(folder: string, names: readonly string[]): OutputFile[] {
    guarded(folder, () => makeFolder(folder))
    const files: OutputFile[] = []
    try {
      for (const name of names) files.push(new OutputFile(join(folder, name)))
    } catch (error) {
      for (const file of files) file.discard()
      throw error
    }
    return files
  }

  readonly sink = (chunk: Uint8Array): void => {
    guarded(this.path, () => {
      for (let done = 0; done < chunk.length; ) done += writeSync(this.fd, chunk, done)
    })
  }

  finish(): void {
    this.close()
    guarded(this.path, () => renameSync(this.part, this.path))
  }

  /** Takes back what was written; a file that is whole already stays. */
  discard(): void {
    if (!this.open) return
    this.close()
    rmSync(this.part, { force: true })
  }

  private close(): void {
    this.open = false
    guarded(this.path, () => closeSync(this.fd))
  }
}

/** Writes a text to a file that gets its name only once it is whole. */
export function writeWhole(path: string, text: string): void {
  const file = new OutputFile(join(dirname(path), basename(path)))
  try {
    file.sink(new TextEncoder().encode(text))
    file.finish()
  } catch (error) {
    file.discard()
    throw error
  }
}

function guarded<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new CommandError(USAGE, `${path} cannot be written: ${systemProblem(error)}`)
  }
}

/** Makes a folder and those above it. (Node's own `recursive` never returns in /proc.) */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  mkdirSync(path)
}
