import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What Debian, Ubuntu, Fedora and Google call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** A Chromium of this machine, or why there is none. CHROMIUM names one. */
export type Chromium =
  | { readonly program: string; readonly version: string }
  | { readonly missing: string }

export function chromium(): Chromium {
  const named = process.env['CHROMIUM']
  for (const program of named === undefined ? NAMES : [named]) {
    const found = spawnSync(program, ['--version'], { encoding: 'utf8' })
    if (found.status === 0) return { program, version: found.stdout.trim() }
  }
  return { missing: named === undefined ? 'no Chromium is installed' : `${named} is no Chromium` }
}

/**
 * A page in a browser without a window. Its script asks for tasks at `/task`, as often as it likes,
 * and POSTs the answer to each, a text, to `/answer`.
 */
export class Page {
  private readonly folder: string = mkdtempSync(join(tmpdir(), 'vipwire-chromium-'))
  private readonly server: Server
  private browser: ChildProcess | undefined
  /** The page's question for a task, held until there is one. */
  private asking: ServerResponse | undefined
  private task: string | undefined
  private answered: (text: string) => void = () => {}
  private failed: (error: Error) => void = () => {}

  constructor(script: string) {
    this.server = createServer((request, response) => this.serve(request, response, script))
  }

  async open(program: string): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    const { port } = this.server.address() as AddressInfo
    const args = ['--headless', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage']
    // Its sandbox needs what containers and root do not have; the page is ours.
    args.push('--no-sandbox', '--disable-background-networking', '--disable-extensions')
    args.push(`--user-data-dir=${this.folder}`, `http://127.0.0.1:${port}/`)
    // In a process group of its own, so that its helpers can be ended together with it.
    this.browser = spawn(program, args, { stdio: 'ignore', detached: true })
    process.on('exit', this.abandon)
    this.browser.on('error', (error) => this.failed(error))
    this.browser.on('exit', (code) => this.failed(new Error(`${program} ended with ${code}`)))
  }

  /** Gives the page a task, one at a time; the answer to it. */
  ask(task: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.answered = resolve
      this.failed = reject
      this.task = task
      this.handOut()
    })
  }

  /** Ends the browser and its helpers. They keep nothing. */
  async close(): Promise<void> {
    const { browser } = this
    this.failed = () => {}
    process.off('exit', this.abandon)
    if (browser?.pid !== undefined && browser.exitCode === null && browser.signalCode === null) {
      const ended = new Promise((resolve) => browser.on('exit', resolve))
      this.kill()
      await ended
    }
    this.server.close()
    this.server.closeAllConnections()
    this.removeFolder()
  }

  /** A test that is given up leaves no browser behind. */
  private readonly abandon = (): void => {
    this.kill()
    this.removeFolder()
  }

  private kill(): void {
    const pid = this.browser?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // All of them have ended already.
    }
  }

  /**
   * A helper that the kernel has not yet ended may still write. What then stays behind is a folder
   * of the machine's temporary ones, and no fault of what is tested.
   */
  private removeFolder(): void {
    try {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
    } catch (error) {
      console.log(`${this.folder} stays behind: ${String(error)}`)
    }
  }

  private serve(request: IncomingMessage, response: ServerResponse, script: string): void {
    if (request.url === '/task') {
      this.asking = response
      this.handOut()
    } else if (request.url === '/answer') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.end()
        this.answered(Buffer.concat(chunks).toString('utf8'))
      })
    } else {
      const isScript = request.url === '/script.js'
      const type = isScript ? 'text/javascript' : 'text/html'
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` })
      response.end(isScript ? script : HTML)
    }
  }

  private handOut(): void {
    if (this.asking === undefined || this.task === undefined) return
    this.asking.end(this.task)
    this.asking = undefined
    this.task = undefined
  }
}

const HTML = `<!doctype html>
<meta charset="utf-8">
<title>vipwire</title>
<script type="module" src="script.js"></script>
`
