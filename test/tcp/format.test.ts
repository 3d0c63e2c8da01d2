import { assert, cases } from '../lib/harness.ts'
import { play } from './play.ts'
import { readTimeline } from './timeline.ts'

/** What the format says about a file that is wrong, and the player about one that is not kept. */
function problemOf(lines: readonly string[]): string {
  const head = ['behaviour: a test', 'source: RFC 9293', 'timeline:']
  const text = [...head, ...lines.map((line) => `  - ${line}`)].join('\n')
  try {
    return play(readTimeline('x.yaml', text)) ?? 'none'
  } catch (error) {
    return (error as Error).message
  }
}

const SYN = '+0 < S 0:0(0) win 65535 <mss 1000>'
const SYN_ACK = '+0 > S. 0:0(0) ack 1 win 64240 <mss 1460>'

cases(
  'timelines: what is wrong is named with its line',
  [
    { name: 'kept', lines: ['+0 do listen', SYN, SYN_ACK], says: /^none$/ },
    { name: 'no time', lines: ['do listen'], says: /^x.yaml:4: 'do' is no time/ },
    { name: 'no call', lines: ['+0 do dance'], says: /'dance' is no call/ },
    { name: 'no kind', lines: ['+0 ? S'], says: /^x.yaml:4: '\?' stands where/ },
    {
      name: 'octets that do not add up',
      lines: ['+0 < . 1:11(20) ack 1'],
      says: /^x.yaml:4: 1:11 are 10 octets, and the line says 20/,
    },
    { name: 'ACK without a number', lines: ['+0 < . 1:1(0)'], says: /'.' and 'ack' go together/ },
    { name: 'no option', lines: ['+0 < S 0:0(0) <mms 1>'], says: /'mms 1' is no option/ },
    {
      name: 'an unforeseen segment',
      lines: ['+0 do listen', SYN, '+10ms silence'],
      says: /^x.yaml:6: a segment left before this line/,
    },
    {
      name: 'a segment after the end',
      lines: ['+0 do listen', SYN],
      says: /^x.yaml:5: after the last line left\n {2}\+0.002ms > S\. 0:0\(0\) ack 1/,
    },
    {
      name: 'another window',
      lines: ['+0 do listen', SYN, SYN_ACK.replace('64240', '64000')],
      says: /^x.yaml:6: win is 64240\n {2}expected .*64000.*\n {2}got .*64240/,
    },
    {
      name: 'another option',
      lines: ['+0 do listen', SYN, SYN_ACK.replace('1460', '1400')],
      says: /^x.yaml:6: an option is mss 1460/,
    },
    {
      name: 'too early',
      lines: ['+0 do listen', SYN, SYN_ACK, `+1.002s ${SYN_ACK.slice(3)}`],
      says: /^x.yaml:7: it left 2 ms early/,
    },
    {
      name: 'too late',
      lines: ['+0 do listen', SYN, SYN_ACK, `+990ms ${SYN_ACK.slice(3)}`],
      says: /^x.yaml:7: nothing left/,
    },
    {
      name: 'another result',
      lines: ['+0 do listen', '+0 do accept = ok'],
      says: /^x.yaml:5: the call gave 'nothing'/,
    },
  ],
  ({ lines, says }) => assert.match(problemOf(lines), says),
)
