import { Chalk } from 'chalk'
import { ASCII, type Canvas, type Paint, PLAIN, UNICODE } from '../show/paint.ts'

export interface Look {
  readonly color?: boolean | undefined
  readonly ascii?: boolean | undefined
  readonly width?: number | undefined
}

/** Columns when nobody says how wide the output is. */
const DEFAULT_WIDTH = 120

/**
 * How to draw on stdout: colours only on a terminal that has them and did not say NO_COLOR, line
 * drawing only where the locale is UTF-8 or the output is a file.
 */
export function canvasFor(look: Look): Canvas {
  return {
    paint: paintFor(look.color),
    signs: look.ascii === true || isPoorTerminal() ? ASCII : UNICODE,
    width: look.width ?? process.stdout.columns ?? DEFAULT_WIDTH,
  }
}

export function paintFor(color: boolean | undefined): Paint {
  const { env, stdout } = process
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const wanted = color ?? (env['NO_COLOR'] === undefined && (forced || stdout.isTTY === true))
  if (!wanted || (color === undefined && env['TERM'] === 'dumb')) return PLAIN
  const chalk = new Chalk({ level: 1 })
  return {
    dim: chalk.dim,
    bold: chalk.bold,
    good: chalk.green,
    bad: chalk.red,
    note: chalk.yellow,
    name: chalk.cyan,
  }
}

function isPoorTerminal(): boolean {
  const { env, stdout } = process
  if (stdout.isTTY !== true) return false
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return env['TERM'] === 'dumb' || (locale !== '' && !/utf-?8/i.test(locale))
}

/** Writes to stdout; a reader that has gone away ends the program quietly. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes to stderr: chatter, which is no data. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
