/** Long work shows that it is alive, when a person watches: one line on stderr, renewed. */
export class Progress {
  private readonly title: string
  private readonly startMs: number = performance.now()
  private shownMs = 0
  private shown = false

  constructor(title: string) {
    this.title = title
  }

  /** Says how far a run has come, at most five times a second, after the first second. */
  show(virtualNs: number): void {
    this.line(`${(virtualNs / 1e9).toFixed(1)} s of virtual time`)
  }

  /** Says how many of so many are done. */
  step(done: number, of: number): void {
    this.line(`${done} of ${of}`)
  }

  end(): void {
    if (this.shown) process.stderr.write('\r\x1b[K')
    this.shown = false
  }

  private line(text: string): void {
    if (process.stderr.isTTY !== true) return
    const now = performance.now()
    if (now - this.startMs < 1000 || now - this.shownMs < 200) return
    this.shownMs = now
    this.shown = true
    process.stderr.write(`\r\x1b[K${this.title}: ${text}`)
  }
}
