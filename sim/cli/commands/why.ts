import { explain } from '../../lab/index.ts'
import { why as whyLines } from '../../show/why.ts'
import { CommandError, OK, USAGE } from '../exit.ts'
import { readSheetFile } from '../sheet-file.ts'
import { canvasFor, type Look, print, say } from '../terminal.ts'

export interface WhySettings extends Look {
  readonly seed?: number | undefined
  readonly json?: boolean | undefined
  readonly maxEvents?: number | undefined
}

/** `vipwire why SHEET FRAME`: one packet's journey, byte by byte. */
export function why(file: string, frame: number, settings: WhySettings): number {
  const { sheet, warnings } = readSheetFile(file)
  for (const warning of warnings) say(warning)
  const { seed, maxEvents } = settings
  const explanation = explain(sheet, frame, {
    ...(seed === undefined ? {} : { seed }),
    ...(maxEvents === undefined ? {} : { maxEvents }),
  })
  if (typeof explanation === 'string') throw new CommandError(USAGE, `${file}: ${explanation}`)
  if (settings.json === true) print(JSON.stringify({ version: 1, ...explanation }, null, 2))
  else print(whyLines(explanation, canvasFor(settings)).join('\n'))
  return OK
}
