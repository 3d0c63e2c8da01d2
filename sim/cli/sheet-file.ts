import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CaptureFile } from '../capture/index.ts'
import { formatProblem, load, type Sheet, type SheetResult } from '../lab/index.ts'
import { CommandError, systemProblem, USAGE } from './exit.ts'
import { readPcapNow } from './pcap-guard.ts'

/** Octets that a sheet may have: enough for a book, and no disk image. */
const LONGEST = 16_777_216

/** Reads a sheet, or says what is wrong in it. A file that cannot be read is a CommandError. */
export function loadSheetFile(file: string): SheetResult {
  return load({
    file,
    text: readText(file),
    read: (name) => readBeside(file, name),
    capture: (name) => captureBeside(file, name),
  })
}

/** Reads a sheet; its mistakes become one CommandError, a line each. Returns warnings as lines. */
export function readSheetFile(file: string): { sheet: Sheet; warnings: readonly string[] } {
  const result = loadSheetFile(file)
  if ('errors' in result) {
    throw new CommandError(USAGE, result.errors.map((one) => formatProblem(file, one)).join('\n'))
  }
  const warnings = result.warnings.map((one) => formatProblem(file, one))
  return { sheet: result.sheet, warnings }
}

function readText(file: string): string {
  try {
    if (statSync(file).isDirectory()) {
      throw new CommandError(
        USAGE,
        `${file} is a folder; 'vipwire test ${file}' runs all sheets in it`,
      )
    }
    const found = statSync(file)
    if (!found.isFile() && !found.isFIFO()) {
      throw new CommandError(USAGE, `${file} cannot be read: it is no file`)
    }
    if (found.size > LONGEST) {
      throw new CommandError(
        USAGE,
        `${file} has ${found.size} octets; a sheet has at most ${LONGEST}`,
      )
    }
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(USAGE, `${file} cannot be read: ${systemProblem(error)}`)
  }
}

function readBeside(file: string, name: string): string | undefined {
  try {
    return readFileSync(join(dirname(file), name), 'utf8')
  } catch {
    return undefined
  }
}

function captureBeside(file: string, name: string): CaptureFile | undefined {
  try {
    return readPcapNow(join(dirname(file), name))
  } catch {
    return undefined
  }
}
