import { DROP_WORDS, USUAL_DROPS } from './drop-words.ts'
import type { Explanation, Link, Mending, OctetChange, Stay, StayEvent } from './explanation.ts'
import { octetRows } from './octet-rows.ts'
import { type Canvas, cut, showTime, table, wrap } from './paint.ts'
import type { Consumer, DropReason } from '../trace/index.ts'

/** Columns of running text. */
const TEXT_WIDTH = 100
const INDENT = '    '
/** Frames or places that a sentence names. */
const MOST_NAMED = 12

/** A packet's journey through all machines, what was changed on it octet by octet, and why. */
export function why(explanation: Explanation, canvas: Canvas): string[] {
  const { paint, width } = canvas
  const { frame, frames, text, place, direction, timeNs, title } = explanation
  const lines = [
    ...wrap(`Frame ${frame} of ${frames}: ${text}`, width).map((line) => paint.bold(line)),
    ...wrap(`${place} ${direction}, ${showTime(timeNs)}, in: ${title}`, width),
  ]
  let node: string | undefined
  for (const stay of explanation.stays) {
    if (stay.aside || isBystander(stay, frame)) continue
    if (stay.node !== node) lines.push('', heading(stay, canvas))
    lines.push(...stayLines(stay, frame, canvas))
    node = stay.node
  }
  lines.push(...elsewhere(explanation, canvas))
  if (explanation.links.length > 0) {
    lines.push('', paint.bold('Other packets it has to do with'))
    for (const link of explanation.links) lines.push(...linkLines(link, canvas))
  }
  return lines
}

/** A machine that a flood reached and that does not care, and is not asked about. */
function isBystander(stay: Stay, frame: number): boolean {
  const last = stay.events[stay.events.length - 1]
  return (
    stay.origin === 'arrived' &&
    last?.kind === 'dropped' &&
    USUAL_DROPS.has(last.text) &&
    stay.events.every((event) => event.number !== frame)
  )
}

/** Other pieces and copies of the packet, by the numbers of their frames. */
function elsewhere({ stays, frame }: Explanation, { paint, width }: Canvas): string[] {
  const others = stays.filter((stay) => stay.aside || isBystander(stay, frame))
  const copies = others.filter((stay) => isBystander(stay, frame))
  const pieces = others.filter((stay) => !copies.includes(stay))
  const sentences: string[] = []
  if (copies.length > 0) {
    const places = copies.map((stay) => stay.events[0]!.place)
    sentences.push(`The wire carries it to ${few(places)} too, where nobody cares for it.`)
  }
  const numbers = pieces.flatMap((stay) =>
    stay.events.filter(({ number, kind }) => number > 0 && kind !== 'asks'),
  )
  if (numbers.length > 0) {
    const frames = few(numbers.map(({ number }) => String(number)))
    sentences.push(`Other pieces or copies of the packet are in the frames ${frames}.`)
  }
  return sentences.flatMap((sentence) => [
    '',
    ...wrap(sentence, Math.min(width, TEXT_WIDTH)).map((line) => paint.dim(line)),
  ])
}

/** A list in words, of the first dozen. */
function few(texts: readonly string[]): string {
  const rest = texts.length - MOST_NAMED
  return rest > 0 ? `${texts.slice(0, MOST_NAMED).join(', ')} and ${rest} more` : texts.join(', ')
}

function heading({ node, note }: Stay, { paint, width }: Canvas): string {
  const beside = note === undefined ? '' : cut(`  ${note}`, width - node.length)
  return paint.bold(paint.name(node)) + paint.dim(beside)
}

function stayLines(stay: Stay, asked: number, canvas: Canvas): string[] {
  const lines: string[] = []
  const events = stay.origin === 'arrived' ? stay.events : [madeHere(stay), ...stay.events]
  const time = events.reduce((most, event) => Math.max(most, showTime(event.timeNs).length), 0)
  const last = events.length - 1
  for (const [i, event] of events.entries()) {
    // What was changed stands before the departure or the end.
    if (i === last) lines.push(...changeLines(stay, canvas))
    lines.push(...eventLines(event, asked, time, canvas))
  }
  return lines
}

const MADE: Readonly<Record<string, string>> = {
  made: 'made here',
  copy: 'copied here',
  fragment: 'a fragment of it is cut here',
  reassembled: 'its fragments are joined here',
  encapsulated: 'it is put into another packet here',
}

/** What the first event of a packet that did not arrive says. */
function madeHere(stay: Stay): StayEvent & { readonly words: string } {
  const { timeNs = 0, place = '' } = stay.events[0] ?? {}
  const words = MADE[stay.origin]!
  return { kind: 'unfinished', timeNs, place, number: 0, text: '', words }
}

function eventLines(
  event: StayEvent & { readonly words?: string },
  asked: number,
  time: number,
  canvas: Canvas,
): string[] {
  const { paint, signs, width } = canvas
  const isAsked = event.number === asked
  const mark = isAsked ? paint.note(signs.right) : ' '
  const lead = `${mark} ${paint.dim(showTime(event.timeNs).padStart(time))}  `
  const hang = ' '.repeat(time + 4)
  const [first = '', ...rest] = wrap(event.words ?? words(event), width - time - 4)
  const tint = event.kind === 'dropped' ? paint.bad : event.kind === 'taken' ? paint.good : same
  const lines = [lead + tint(first), ...rest.map((part) => hang + tint(part))]
  if (event.kind !== 'in' && event.kind !== 'out') return lines
  const text = wrap(event.text, width - hang.length)
  return [...lines, ...text.map((part) => hang + (isAsked ? paint.bold(part) : part))]
}

const same = (text: string): string => text

function words(event: StayEvent): string {
  const { kind, place, number, text } = event
  const frame = number === 0 ? '' : `, frame ${number}`
  switch (kind) {
    case 'in':
    case 'out':
      return `${kind === 'in' ? 'in by' : 'out by'} ${place}${frame}`
    case 'asks':
      return `waits for a MAC${number === 0 ? '' : `; frame ${number} asks for it`}: ${text}`
    case 'taken':
      return TAKEN[text as Consumer] ?? `taken by ${text}`
    case 'dropped':
      return `dropped at ${place}: ${DROP_WORDS[text as DropReason] ?? text} (${text})`
    case 'unfinished':
      return 'the run ends before it goes on'
    default:
      return text
  }
}

const TAKEN: Readonly<Record<Consumer, string>> = {
  arp: 'taken by ARP',
  icmp: 'taken by ICMP',
  udp: 'taken by UDP, for a program',
  tcp: 'taken by TCP, for a connection',
  reassembly: 'taken to be joined with the other fragments',
  replaced: 'ends here: other packets take its place',
  ndp: 'taken by neighbour discovery',
  replay: 'taken by the client that replays a capture',
}

function changeLines(stay: Stay, canvas: Canvas): string[] {
  const { changes, mendings, before, after } = stay
  if (changes.length === 0 || before === undefined || after === undefined) return []
  const { paint, width } = canvas
  const lines = ['', ...tableOf(changes, canvas), '']
  if (before.length === after.length) {
    lines.push(...octetRows(before, after, changes, width, paint))
  }
  for (const mending of mendings) lines.push('', ...mendingLines(mending, canvas))
  return [...lines, '']
}

/** The fields that changed as a table, with reasons if they fit; as a list in narrow windows. */
function tableOf(changes: readonly OctetChange[], canvas: Canvas): string[] {
  const { paint, signs, width } = canvas
  const rows = changes.map(({ field, start, end, before, after }) => {
    const octets = end - start <= 1 ? String(start) : `${start}-${end - 1}`
    return [octets, field, before, after, reasonOf(field)] as const
  })
  const head = ['octets', 'field', 'before', 'after', 'because']
  for (const columns of [head.length, head.length - 1]) {
    const cells = rows.map((row) => row.slice(0, columns))
    const lines = table(head.slice(0, columns), cells).map((line) => INDENT + line)
    if (lines.every((line) => line.length <= width)) {
      return lines.map((line, i) => (i === 0 ? paint.dim(line) : line))
    }
  }
  return rows.flatMap(([octets, field, before, after]) => [
    cut(`${INDENT}${field} (octets ${octets})`, width, signs.more),
    cut(`${INDENT}  ${before} ${signs.arrow} ${after}`, width, signs.more),
  ])
}

function reasonOf(field: string): string {
  if (field.endsWith('.checksum')) return 'it covers what changed'
  if (field.startsWith('eth.')) return 'for the next cable'
  if (field === 'ip.ttl' || field === 'ipv6.hlim') return 'one hop less'
  return field === 'octets' ? '' : 'translated'
}

/** The arithmetic of RFC 1624, a line for each word. */
function mendingLines(mending: Mending, { paint, signs, width }: Canvas): string[] {
  const { field, before, sum, folded, result, after } = mending
  const fit = (line: string): string => cut(INDENT + line, width, signs.more)
  const lines = [
    fit(`${field}, mended: HC' = ~(~HC + ~m + m'), RFC 1624`),
    fit(`  ~HC         ${word(~before)}         HC was ${word(before)}`),
  ]
  for (const { field: name, before: m, after: next } of mending.words) {
    const change = `${word(m)} ${signs.arrow} ${word(next)}`
    lines.push(fit(`  ~m + m'   + ${word(~m)} + ${word(next)}  ${name}, ${change}`))
  }
  const holds = result === after || (result === 0 && after === 0xffff)
  const verdict = holds ? 'as in the frame' : `the frame has ${word(after)}`
  lines.push(
    fit(`  sum       = ${sum.toString(16)}, folded ${word(folded)}`),
    fit(`  HC'       = ~${word(folded)} = ${word(result)}, ${verdict}`),
  )
  return lines.map((line, i) =>
    i === 0 ? line : i === lines.length - 1 && !holds ? paint.bad(line) : paint.dim(line),
  )
}

function word(value: number): string {
  return (value & 0xffff).toString(16).padStart(4, '0')
}

const RELATED: Readonly<Record<Link['relation'], readonly [string, string]>> = {
  retransmit: ['sends it again', 'it sends again what was in'],
  resolves: ['asks for the MAC it waits for', 'it asks for the MAC that is needed by'],
  reports: ['reports on it', 'it reports on'],
  answers: ['answers it', 'it answers'],
  proxied: ['carries its content on', 'it carries on the content of'],
}

function linkLines(link: Link, { paint, signs, width }: Canvas): string[] {
  const { relation, follows, number, text, timeNs, place } = link
  const [later, earlier] = RELATED[relation]
  const frame = number === 0 ? 'a packet that never left' : `frame ${number}`
  const what = follows ? `${frame} ${later}` : `${earlier} ${frame}`
  const lead = `  ${showTime(timeNs)}  `
  return [
    cut(`${lead}${what}, at ${place}`, width, signs.more),
    paint.dim(cut(`${' '.repeat(lead.length)}${text}`, width, signs.more)),
  ]
}
