import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What Debian, Ubuntu, Fedora and Google call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const PATIENCE_MS = 180_000

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
 * Opens a page with one script, which must POST its answer as text to `/answer`; returns the
 * answer. The browser keeps nothing and ends afterwards, whatever happens.
 */
export async function ask(program: string, script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-chromium-'))
  let browser: ChildProcess | undefined
  let server: Server | undefined
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(why))
      server = serve(script, resolve)
      server.listen(0, '127.0.0.1', () => {
        const { port } = server!.address() as AddressInfo
        browser = open(program, folder, `http://127.0.0.1:${port}/`)
        browser.on('error', (error) => fail(error.message))
        browser.on('exit', (code) => fail(`${program} ended with ${code} before the page answered`))
      })
      setTimeout(
        () => fail(`the page gave no answer within ${PATIENCE_MS} ms`),
        PATIENCE_MS,
      ).unref()
    })
  } finally {
    await close(browser)
    server?.close()
    server?.closeAllConnections()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function open(program: string, folder: string, url: string): ChildProcess {
  const args = ['--headless', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage']
  // Its sandbox needs what containers and root do not have; the page is ours.
  args.push('--no-sandbox', '--disable-background-networking', '--disable-extensions')
  return spawn(program, [...args, `--user-data-dir=${folder}`, url], { stdio: 'ignore' })
}

function serve(script: string, answer: (text: string) => void): Server {
  return createServer((request, response) => {
    if (request.method !== 'POST') {
      const isScript = request.url === '/script.js'
      const isPage = request.url === '/'
      const type = isScript ? 'text/javascript' : 'text/html'
      response.writeHead(isScript || isPage ? 200 : 404, {
        'content-type': `${type}; charset=utf-8`,
      })
      response.end(isScript ? script : isPage ? PAGE : '')
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.end()
      answer(Buffer.concat(chunks).toString('utf8'))
    })
  })
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>vipwire</title><script src="script.js"></script>'

async function close(browser: ChildProcess | undefined): Promise<void> {
  if (browser === undefined || browser.exitCode !== null || browser.pid === undefined) return
  const ended = new Promise((resolve) => browser.on('exit', resolve))
  browser.kill()
  await ended
}
