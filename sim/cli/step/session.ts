import type { Canvas } from '../../show/paint.ts'
import { type Deck, StepScreen } from '../../show/step-screen.ts'
import { CommandError, USAGE } from '../exit.ts'
import { wishesOf } from './keys.ts'
import { beginning, follow } from './position.ts'

/** Another screen, which gives back the first one untouched; no cursor. */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

/** What can end the program from outside, and the exit code shells know it by. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Refuses early what needs a person at both ends. */
export function needTerminal(): void {
  const { stdin, stdout } = process
  if (stdin.isTTY === true && stdout.isTTY === true) return
  throw new CommandError(USAGE, '--step needs a terminal: it waits for a key after each frame')
}

/**
 * Goes through a run frame by frame until the person leaves. However it ends, the terminal is as it
 * was before.
 */
export async function session(deck: Deck, look: () => Canvas): Promise<void> {
  const { stdin, stdout } = process
  let position = beginning(deck.hops.length)
  let screen = screenFor(deck, look())
  const show = (): void => {
    const lines = screen.lines(position.at)
    stdout.write(HOME + lines.map((line) => line + CLEAR_LINE).join('\r\n') + CLEAR_BELOW)
  }
  const resized = (): void => {
    screen = screenFor(deck, look())
    show()
  }
  const restore = enter()
  try {
    stdout.on('resize', resized)
    show()
    for await (const chunk of stdin) {
      for (const wish of wishesOf(String(chunk))) position = follow(position, wish)
      if (position.left) break
      show()
    }
  } finally {
    stdout.off('resize', resized)
    restore()
  }
}

function screenFor(deck: Deck, canvas: Canvas): StepScreen {
  return new StepScreen(deck, canvas, process.stdout.rows ?? 24)
}

/** Takes the terminal; the function that is returned gives it back, once. */
function enter(): () => void {
  const { stdin, stdout } = process
  let taken = true
  const restore = (): void => {
    if (!taken) return
    taken = false
    for (const [signal, end] of ends) process.off(signal, end)
    process.off('exit', restore)
    stdin.setRawMode(false)
    stdin.pause()
    stdout.write(LEAVE)
  }
  const ends = Object.entries(SIGNALS).map(([signal, code]) => {
    const end = (): never => {
      restore()
      process.exit(code)
    }
    return [signal as keyof typeof SIGNALS, end] as const
  })
  for (const [signal, end] of ends) process.on(signal, end)
  process.on('exit', restore)
  stdin.setRawMode(true)
  stdout.write(ENTER)
  return restore
}
