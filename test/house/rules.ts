import { posix } from 'node:path'
import { functionsOf } from './functions.ts'
import { lineOf, type Breach, type Source } from './source.ts'

/** A rule of the house that a text can break; fixtures in the test show each of them red. */
export interface Rule {
  readonly name: string
  readonly applies: (path: string) => boolean
  readonly check: (file: Source) => Breach[]
}

const MAX_FILE_LINES = 300
const MAX_FUNCTION_LINES = 60
const MAX_COLUMNS = 100
/** A sentence that says why something is longer than it should be. */
const LONG = /\/\/ long: \w+/

/** Rows of a table in a remark, and addresses of pages. */
const UNBREAKABLE = /^\s*\* \||https?:\/\/\S{40}/

/** What runs inside virtual time, on any machine and in a browser. */
const isCore = (path: string): boolean =>
  path.startsWith('topology/') || (path.startsWith('sim/') && !path.startsWith('sim/cli/'))
const isTypeScript = (path: string): boolean => path.endsWith('.ts')
const isTest = (path: string): boolean => path.endsWith('.test.ts')
/** Files that are wrong on purpose. */
const isFixture = (path: string): boolean => path.startsWith('test/lib/fixtures/')

/** A rule that finds a pattern in the code, where neither remarks nor strings count. */
function banned(
  name: string,
  applies: (path: string) => boolean,
  pattern: RegExp,
  why: string,
): Rule {
  const check = (file: Source): Breach[] =>
    [...file.code.matchAll(pattern)].map((found) => ({
      path: file.path,
      line: lineOf(file.code, found.index + (/^\s*/.exec(found[0])?.[0].length ?? 0)),
      sentence: `${found[0].trim()}: ${why}`,
    }))
  return { name, applies, check }
}

const MATH = 'abs|min|max|floor|ceil|trunc|round|sign|sqrt|imul|clz32|fround'
const SAME = 'not the same on every machine'

/** Uses of a global; members, keys and types of the same name are something else. */
function global(names: string): RegExp {
  return new RegExp(`(?<![.\\w$])(?:${names})\\b(?=\\s*[.([])`, 'g')
}

const CORE_BANS: readonly Rule[] = [
  banned(
    'arithmetic',
    isCore,
    new RegExp(`\\bMath\\.(?!(?:${MATH})\\b)\\w+|\\bMath\\[`, 'g'),
    SAME,
  ),
  banned('no power operator', isCore, /\*\*/g, SAME),
  banned(
    'no clock',
    isCore,
    global('Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask'),
    'time is virtual, ask the agenda',
  ),
  banned(
    'no platform',
    isCore,
    global('process|Buffer|globalThis|console|navigator|crypto|require|fetch'),
    'only sim/cli knows the platform',
  ),
  banned(
    'no locale',
    isCore,
    /\.(?:localeCompare|toLocale\w+|normalize)\b|(?<![.\w$])Intl\b/g,
    'order and spelling depend on the machine',
  ),
  banned(
    'sorted by a total order',
    isCore,
    /(?<!\bthis)\.(?:sort|toSorted)\(\s*\)/g,
    'say how two compare',
  ),
  banned(
    'no weak reference',
    isCore,
    /\b(?:WeakRef|FinalizationRegistry)\b/g,
    'the collector must not be seen',
  ),
  banned('no code from text', isCore, /\beval\(|\bnew Function\b/g, 'code is written, not made'),
]

const STYLE_BANS: readonly Rule[] = [
  banned('no default export', isTypeScript, /^export default\b/gm, 'a name is a name everywhere'),
  banned('no enum', isTypeScript, /^\s*(?:export )?(?:const )?enum \w+/gm, 'use constants'),
  banned(
    'no any',
    isTypeScript,
    // Lint finds the rest; `{ from: any }` with a constant of that name is not a type.
    /(?:[<|&]\s*|\bas )any\b|:\s*any\b(?=\s*(?:[)=[;|&]|$))/gm,
    'say what it is, or unknown',
  ),
  banned(
    'no module-level let',
    isTypeScript,
    /^(?:export )?(?:let|var) \w+/gm,
    'state belongs to a run, and there may be two',
  ),
  banned(
    'no inheritance',
    isTypeScript,
    /\bclass \w+(?:<[^>{]*>)? extends (?!\w*Error\b)\w+/g,
    'only errors inherit',
  ),
  banned('no only', isTest, /\b(?:test|suite)\.only\b/g, 'the others would not run'),
]

const SILENCED = /@ts-(?:ignore|nocheck|expect-error)\b/g

/** Rules that need more than a pattern. */
const SHAPES: readonly Rule[] = [
  {
    name: 'file length',
    applies: isTypeScript,
    check: ({ path, text }) => {
      const lines = text.replace(/\n$/, '').split('\n')
      if (lines.length <= MAX_FILE_LINES || lines.slice(0, 12).some((line) => LONG.test(line)))
        return []
      return [
        { path, line: MAX_FILE_LINES + 1, sentence: `${lines.length} lines: one idea a file` },
      ]
    },
  },
  {
    name: 'function length',
    // In tests the callback of a suite holds all its tests: its length says nothing.
    applies: (path) => isTypeScript(path) && !path.startsWith('test/'),
    check: (file) =>
      functionsOf(file)
        .filter((each) => each.lines > MAX_FUNCTION_LINES && !LONG.test(each.remark))
        .map((each) => ({
          path: file.path,
          line: each.line,
          sentence: `${each.lines} lines in one function`,
        })),
  },
  {
    name: 'line length',
    applies: isTypeScript,
    check: ({ path, text, code }) => {
      // A sheet, message or packet line that a test expects stays in one piece.
      const bare = path.startsWith('test/') ? code.split('\n') : undefined
      return text.split('\n').flatMap((line, at) => {
        const columns = [...line].length
        if (columns <= MAX_COLUMNS || UNBREAKABLE.test(line)) return []
        const words = bare?.[at]?.replace(/(['"`/]) *(?:\1|$)/g, '')?.trim()
        if (words !== undefined && words.length < MAX_COLUMNS / 2 && !/^\s*(?:\/\/|\*)/.test(line))
          return []
        return [{ path, line: at + 1, sentence: `${columns} columns` }]
      })
    },
  },
  {
    name: 'file name',
    applies: isTypeScript,
    check: ({ path }) => {
      const name = posix.basename(path)
      const good = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/.test(name)
      const vague = /(?:^|-)(?:utils?|helpers?|common|manager|base)(?:-|\.|$)/.test(name)
      return good && !vague
        ? []
        : [{ path, line: 1, sentence: `${name} says nothing or is not kebab-case` }]
    },
  },
  {
    name: 'compiler not silenced',
    applies: (path) => isTypeScript(path) && path !== 'test/house/rules.ts',
    check: ({ path, text }) =>
      [...text.matchAll(SILENCED)].map((found) => ({
        path,
        line: lineOf(text, found.index),
        sentence: `${found[0]} hides a mistake`,
      })),
  },
  {
    name: 'suites registered',
    applies: isTest,
    check: ({ path, code, spoken }) => {
      const breaches: Breach[] = []
      if (!/from '[./]*(?:lib\/)?harness\.ts'/.test(spoken)) {
        breaches.push({ path, line: 1, sentence: 'does not use test/lib/harness.ts' })
      }
      if (/^import .* from '(?:uvu|node:test)'/m.test(spoken)) {
        breaches.push({ path, line: 1, sentence: 'goes past test/lib/harness.ts' })
      }
      if (!/\b(?:suite|cases|skip|conform\w*)\b[^(\n]*\(/.test(code)) {
        breaches.push({ path, line: 1, sentence: 'makes no suite' })
      }
      return breaches
    },
  },
]

export const RULES: readonly Rule[] = [...CORE_BANS, ...STYLE_BANS, ...SHAPES]

/** What `file` breaks, over all rules. */
export function breachesOf(file: Source): Breach[] {
  if (isFixture(file.path)) return []
  return RULES.filter((rule) => rule.applies(file.path)).flatMap((rule) => rule.check(file))
}
