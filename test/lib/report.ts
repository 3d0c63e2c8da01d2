import { appendFileSync } from 'node:fs'

/** A line of the results file by which a test file tells its runner what happened. */
export type Row =
  | { readonly kind: 'begin'; readonly suite: string; readonly title: string }
  | {
      readonly kind: 'end'
      readonly suite: string
      readonly title: string
      readonly ms: number
      readonly error?: string
    }
  | { readonly kind: 'skip'; readonly title: string; readonly reason: string }
  | { readonly kind: 'trouble'; readonly sentence: string }

/** A test that takes longer than this has failed; a sheet run a hundred times takes seconds. */
const LIMIT_MS = Number(process.env['TEST_TIMEOUT_MS'] ?? 60_000)
/** How long after its last test a file may stay alive. */
const LINGER_MS = Number(process.env['TEST_LINGER_MS'] ?? 2_000)

/** Counts the tests of this process, times them, and complains when the numbers do not add up. */
class Report {
  private registrations = 0
  private skips = 0
  private begun = 0
  private ended = 0
  private troubled = false
  private readonly file = process.env['TEST_RESULTS']

  constructor() {
    process.on('uncaughtExceptionMonitor', (error) => this.trouble(error.message))
    process.on('exit', () => this.balance())
  }

  /** Tests and skips this process has heard of. */
  known(): number {
    return this.registrations + this.skips
  }

  registered(): void {
    this.registrations++
  }

  skipped(title: string, reason: string): void {
    this.skips++
    this.write({ kind: 'skip', title, reason })
    console.log(`skipped: ${title}: ${reason}`)
  }

  async run(suite: string, title: string, body: () => void | Promise<void>): Promise<void> {
    this.begun++
    this.write({ kind: 'begin', suite, title })
    const start = performance.now()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`"${suite}: ${title}" did not finish in ${LIMIT_MS} ms`)
      timer = setTimeout(() => reject(error), LIMIT_MS)
    })
    try {
      await Promise.race([body(), late])
      this.write({ kind: 'end', suite, title, ms: performance.now() - start })
    } catch (error) {
      const text = textOf(error)
      this.write({ kind: 'end', suite, title, ms: performance.now() - start, error: text })
      throw error
    } finally {
      clearTimeout(timer)
      this.ended++
      if (this.ended === this.registrations) this.watchHandles()
    }
  }

  /** Names what keeps the process alive after the last test, and ends it as a failure. */
  private watchHandles(): void {
    const timer = setTimeout(() => {
      if (this.ended !== this.registrations) return
      const open = process
        .getActiveResourcesInfo()
        .filter((name) => !/^(TTYWrap|PipeWrap)$/.test(name))
      this.trouble(`all tests are done but something is still open: ${open.join(', ')}`)
      process.exit(1)
    }, LINGER_MS)
    // An unreferenced timer fires only while something else keeps the process alive.
    timer.unref()
  }

  private balance(): void {
    // A file that already failed as a whole need not be told that tests are missing.
    if (this.troubled) return
    if (this.known() === 0) this.trouble('no test ran')
    else if (this.begun < this.registrations) {
      this.trouble(`${this.registrations - this.begun} tests were registered but never run`)
    } else if (this.ended < this.begun) this.trouble('the file ended in the middle of a test')
  }

  private trouble(sentence: string): void {
    console.error(sentence)
    this.troubled = true
    this.write({ kind: 'trouble', sentence })
    process.exitCode = 1
  }

  private write(row: Row): void {
    if (this.file !== undefined) appendFileSync(this.file, `${JSON.stringify(row)}\n`)
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const stack = error.stack ?? ''
  return stack.includes(error.message) ? stack : `${error.message}\n${stack}`
}

/** The one report of this process. */
export const report: Report = new Report()
