import type { ListenOptions, SocketOption, SocketOptions } from '../../sim/host/tcp/index.ts'
import type { Endpoint } from './endpoint.ts'
import { OWN, PEER } from './segment-octets.ts'
import { readDuration } from './timeline.ts'

const nobody = { wake(): void {} }
const PATTERN = new Uint8Array(1 << 20).fill(0x78)
const SERVICE = 80
const CLIENT = 40000
const TIMES = new Set(['keepalive-idle', 'keepalive-interval', 'user-timeout'])

/** The program of a timeline: one call a line, on the socket that was made or accepted last. */
export class Program {
  private readonly endpoint: Endpoint
  private socket = -1
  private listener = -1
  /** Ports of the endpoint and, where a line names none, of the peer. */
  own = SERVICE
  peer = CLIENT

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  /** Makes a call and says what it gave, in one word. */
  call([name = '', ...words]: readonly string[]): string {
    const { tcp } = this.endpoint.host
    switch (name) {
      case 'listen':
        return this.listen(words)
      case 'connect':
        return this.connect(words)
      case 'accept': {
        const socket = tcp.accept(this.listener)
        if (socket < 0) return 'nothing'
        tcp.setOwner(socket, nobody)
        this.socket = socket
        return 'ok'
      }
      case 'write':
        return this.write(words)
      case 'read':
        return this.read(words)
      case 'state':
        return this.state(words)
      case 'error':
        return tcp.error(this.socket) || 'none'
      case 'shutdown':
        tcp.shutdown(this.socket)
        return 'ok'
      case 'close':
        tcp.close(words[0] === 'listener' ? this.listener : this.socket)
        return 'ok'
      case 'abort':
        tcp.abort(this.socket)
        return 'ok'
      case 'set':
        return this.set(words)
      default:
        throw new Error(`'${name}' is no call of a program`)
    }
  }

  private listen(words: readonly string[]): string {
    const { backlog, ...options } = readOptions(words)
    const request: ListenOptions = {
      address: OWN,
      port: SERVICE,
      backlog: backlog ?? 128,
      owner: nobody,
      ...options,
    }
    this.listener = this.endpoint.host.tcp.listen(request)
    this.own = SERVICE
    this.peer = CLIENT
    return this.listener < 0 ? this.endpoint.host.tcp.lastError : 'ok'
  }

  private connect(words: readonly string[]): string {
    const { tcp } = this.endpoint.host
    const { backlog: _, ...options } = readOptions(words)
    this.own = CLIENT
    this.peer = SERVICE
    this.socket = tcp.connect({
      owner: nobody,
      remote: PEER,
      remotePort: SERVICE,
      localPort: CLIENT,
      ...options,
    })
    return this.socket < 0 ? tcp.lastError : 'ok'
  }

  private write([count, more]: readonly string[]): string {
    const { tcp } = this.endpoint.host
    const taken = tcp.write(this.socket, PATTERN, 0, Number(count), more === 'more')
    if (taken > 0) return String(taken)
    if (tcp.error(this.socket) !== '') return tcp.error(this.socket)
    return tcp.established(this.socket) ? 'nothing' : 'closed'
  }

  private read([most = '1000000000']: readonly string[]): string {
    const { tcp } = this.endpoint.host
    const count = tcp.read(this.socket, undefined, Number(most))
    if (count > 0) return String(count)
    if (tcp.error(this.socket) !== '') return tcp.error(this.socket)
    return tcp.atEnd(this.socket) ? 'end' : 'nothing'
  }

  private state([port]: readonly string[]): string {
    const peer = port === undefined ? this.peer : Number(port)
    const line = this.endpoint.host.tcp
      .sockets()
      .find(({ localPort, remotePort }) => localPort === this.own && remotePort === peer)
    return line?.state ?? 'gone'
  }

  private set([name = '', value = '']: readonly string[]): string {
    const given = TIMES.has(name) ? readDuration(value) : value
    this.endpoint.host.tcp.setOption(this.socket, name as SocketOption, given)
    return 'ok'
  }
}

function readOptions(words: readonly string[]): SocketOptions & { backlog?: number } {
  const options: Record<string, unknown> = {}
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word === 'nodelay' || word === 'cork') options[word] = true
    else if (word === 'backlog') options[word] = Number(words[++i])
    else if (word === 'receive-buffer') options['receiveBuffer'] = Number(words[++i])
    else if (word === 'send-buffer') options['sendBuffer'] = Number(words[++i])
    else if (word === 'congestion') options[word] = words[++i]
    else throw new Error(`'${word}' is no option of a socket`)
  }
  return options
}
