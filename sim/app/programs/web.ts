import type { Stream } from '../../engine/chance.ts'
import type { SocketOwner } from '../../host/socket-owner.ts'
import { header, mergedHeaders, MessageReader, REASONS, writeHead } from '../../wire/http.ts'
import { type Head, KnownHeads } from '../../wire/http-heads.ts'
import { encodeText } from '../../wire/text.ts'
import { type Actor, draw } from '../actor.ts'
import { Outbox } from '../outbox.ts'
import { PATTERN } from '../pattern.ts'
import type { PageSettings, WebSettings } from '../settings.ts'
import { NO_TIMER, type Timed, type Timer } from '../../host/timers.ts'
import { Listener } from './listener.ts'
import type { ProgramKind } from './program.ts'

/** Heads and small bodies leave in one write up to this many octets. */
const ONE_WRITE = 65536
const NOT_FOUND: PageSettings = {
  path: '',
  status: 404,
  body: 'not found\n',
  size: 0,
  type: 'text/plain',
  headers: [],
}

/** Octets that answer a head. */
interface Answer {
  readonly to: Head
  readonly octets: Uint8Array
  readonly closes: boolean
}

/** A web server: its pages, and the processors that its answers queue for. */
class WebServer {
  readonly actor: Actor
  readonly settings: WebSettings
  readonly stream: Stream
  readonly heads: KnownHeads = new KnownHeads()
  /** The last answer that another request with the same head gets too. */
  lastAnswer: Answer | undefined
  private readonly pages = new Map<string, PageSettings>()
  /** Instant at which each core is free again. */
  private readonly cores: number[]

  constructor(actor: Actor, name: string, settings: WebSettings) {
    this.actor = actor
    this.settings = settings
    this.stream = actor.host.world.chance.stream(`${actor.host.name} ${name} web`)
    for (const page of settings.pages) this.pages.set(page.path, page)
    this.cores = actor.cores === Number.POSITIVE_INFINITY ? [] : new Array(actor.cores).fill(0)
  }

  pageFor(path: string): PageSettings {
    const query = path.indexOf('?')
    const bare = query < 0 ? path : path.slice(0, query)
    return this.pages.get(bare) ?? this.pages.get('*') ?? NOT_FOUND
  }

  /** Nanoseconds from now until an answer is ready: waiting, then a core's time in turn. */
  delay(): number {
    const now = this.actor.host.now
    const wait = draw(this.settings.wait, this.stream)
    const work = draw(this.settings.work, this.stream)
    if (this.cores.length === 0) return wait + work
    let core = 0
    for (let i = 1; i < this.cores.length; i++) if (this.cores[i]! < this.cores[core]!) core = i
    const start = Math.max(now + wait, this.cores[core]!)
    this.cores[core] = start + work
    return start + work - now
  }
}

const ANSWER = 0
const IDLE = 1

/** One connection: requests are answered in their order, one at a time. */
class WebConnection implements SocketOwner, Timed {
  private readonly server: WebServer
  private readonly socket: number
  private readonly outbox: Outbox
  private readonly reader: MessageReader
  private timer: Timer = NO_TIMER
  private answering = false
  private closing = false
  /** The answer names its asker. */
  private isPersonal = false
  private closed = false

  constructor(server: WebServer, socket: number) {
    this.server = server
    this.socket = socket
    this.reader = new MessageReader('request', 0, server.heads)
    this.outbox = new Outbox(server.actor.host.tcp, socket)
  }

  wake(): void {
    if (this.closed) return
    const { tcp } = this.server.actor.host
    if (tcp.error(this.socket) !== '') return this.close()
    if (!this.outbox.flush()) return
    if (this.closing) return this.close()
    this.read()
    if (!this.answering) this.next()
    if (this.closed || this.answering || !this.outbox.empty) return
    // The client has ended and nothing is left to answer.
    if (tcp.atEnd(this.socket)) return this.close()
    if (this.timer === NO_TIMER) {
      this.timer = this.server.actor.timers.after(this.server.settings.keepAliveNs, this, IDLE)
    }
  }

  due(what: number): void {
    this.timer = NO_TIMER
    if (this.closed) return
    if (what === IDLE) return this.close()
    this.answering = false
    this.answer()
    this.wake()
  }

  private read(): void {
    const { tcp } = this.server.actor.host
    const count = tcp.readable(this.socket)
    if (count === 0) return
    const octets = new Uint8Array(count)
    tcp.read(this.socket, octets, count)
    this.reader.push(octets)
  }

  /** Begins to answer the request that is complete, if there is one. */
  private next(): void {
    if (this.reader.problem !== undefined) {
      this.closing = true
      this.outbox.add(
        writeHead('HTTP/1.1 400 Bad Request', [
          ['Connection', 'close'],
          ['Content-Length', '0'],
        ]),
      )
      if (this.outbox.flush()) this.close()
      return
    }
    if (!this.reader.complete) return
    this.cancelTimer()
    const delay = this.server.delay()
    if (delay === 0) {
      this.answer()
      if (this.outbox.flush()) {
        if (this.closing) this.close()
        else this.next()
      }
      return
    }
    this.answering = true
    this.timer = this.server.actor.timers.after(delay, this, ANSWER)
  }

  private answer(): void {
    const { reader, server } = this
    const { head } = reader
    const { lastAnswer } = server
    if (head !== undefined && head === lastAnswer?.to) {
      this.closing = lastAnswer.closes
      reader.next()
      return this.outbox.add(lastAnswer.octets)
    }
    const octets = this.compose()
    if (octets === undefined) return
    this.outbox.add(octets)
    if (head !== undefined && !this.isPersonal) {
      server.lastAnswer = { to: head, octets, closes: this.closing }
    }
  }

  /** Writes the answer to the request; what is too long for one write has been queued already. */
  private compose(): Uint8Array | undefined {
    const { reader } = this
    this.isPersonal = false
    const [method = '', path = '/'] = reader.startLine.split(' ')
    const page = this.server.pageFor(path)
    const etag = header(page.headers, 'ETag')
    const same = etag !== undefined && header(reader.headers, 'If-None-Match') === etag
    const status = same ? 304 : page.status
    const body = page.body === undefined ? undefined : encodeText(this.filled(page.body))
    const size = same ? 0 : (body?.length ?? page.size)
    const own: [string, string][] = [['Server', this.server.actor.host.name]]
    if (!same) own.push(['Content-Type', page.type], ['Content-Length', String(size)])
    const headers = page.headers.map(([name, value]) => [name, this.filled(value)] as const)
    if (reader.closes && header(headers, 'Connection') === undefined) {
      headers.push(['Connection', 'close'])
    }
    const merged = mergedHeaders(own, headers)
    const head = writeHead(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Status'}`, merged)
    this.closing = (header(merged, 'Connection') ?? '').toLowerCase() === 'close'
    reader.next()
    return this.whole(head, method === 'HEAD' ? 0 : size, body)
  }

  /** Head and body leave in one write, as a server with a buffer sends them. */
  private whole(
    head: Uint8Array,
    size: number,
    body: Uint8Array | undefined,
  ): Uint8Array | undefined {
    if (head.length + size > ONE_WRITE && body === undefined) {
      this.outbox.add(head)
      this.outbox.addPattern(size)
      return undefined
    }
    const whole = new Uint8Array(head.length + size)
    whole.set(head)
    if (size > 0) whole.set(body ?? PATTERN.subarray(0, size), head.length)
    return whole
  }

  private filled(text: string): string {
    if (!text.includes('{')) return text
    this.isPersonal = true
    const { host } = this.server.actor
    const { tcp } = host
    const peer = host.addresses.endpoint(tcp.remote(this.socket), tcp.remotePort(this.socket))
    return text.replaceAll('{node}', host.name).replaceAll('{peer}', peer)
  }

  private close(): void {
    this.closed = true
    this.cancelTimer()
    this.server.actor.host.tcp.close(this.socket)
  }

  private cancelTimer(): void {
    if (this.timer !== NO_TIMER) this.server.actor.timers.cancel(this.timer)
    this.timer = NO_TIMER
  }
}

export const web: ProgramKind = {
  name: 'web',
  sentence: 'a web server (HTTP/1.1): pages, waiting, work for its cores, keep-alive',
  start(actor, settings) {
    if (settings.run.kind !== 'web') return
    const server = new WebServer(actor, settings.name, settings.run)
    new Listener(actor, settings, (socket) => new WebConnection(server, socket))
  },
}
