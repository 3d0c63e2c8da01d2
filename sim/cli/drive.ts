import type { Run } from '../lab/index.ts'
import { Progress } from './progress.ts'

/** Events a slice: between two, the program looks whether it was interrupted. */
const SLICE = 200_000

/** Ctrl-C as a value: the first one asks for an orderly end, a second one ends at once. */
export class Interruption {
  requested = false
  private readonly stop = (): void => {
    this.requested = true
    process.removeListener('SIGINT', this.stop)
  }

  constructor() {
    process.on('SIGINT', this.stop)
  }

  end(): void {
    process.removeListener('SIGINT', this.stop)
  }
}

/** Runs in slices up to the end; false when it was interrupted. */
export async function drive(run: Run, interruption: Interruption): Promise<boolean> {
  const progress = new Progress(run.sheet.title)
  try {
    while (!run.advance(SLICE)) {
      progress.show(run.nowNs)
      await new Promise((resolve) => setImmediate(resolve))
      if (interruption.requested) return false
    }
    return true
  } finally {
    progress.end()
  }
}
