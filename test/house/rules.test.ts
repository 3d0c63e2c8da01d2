import { assert, cases, suite } from '../lib/harness.ts'
import { functionsOf } from './functions.ts'
import { breachesOf, RULES } from './rules.ts'
import { none, projectSources, source } from './source.ts'

const files = projectSources()

suite('house: every rule over every file', (test) => {
  test('there are files', () => assert.ok(files.length > 80, `only ${files.length}`))
  for (const rule of RULES) {
    test(rule.name, () => {
      const breaches = files
        .filter((file) => !file.path.startsWith('test/lib/fixtures/') && rule.applies(file.path))
        .flatMap(rule.check)
      none(breaches)
    })
  }
})

const body = (lines: number): string => '  step()\n'.repeat(lines)
const HARNESS = "import { suite } from '../lib/harness.ts'\n"

/** One text for each rule that must turn it red; `at` is the line to be named. */
const RED = [
  { name: 'Math.pow', path: 'sim/host/a.ts', text: 'const x = 1\nconst y = Math.pow(x, 2)', at: 2 },
  { name: 'Math.random', path: 'topology/a.ts', text: 'const x = Math.random()' },
  { name: 'Math by name', path: 'sim/host/a.ts', text: "const x = Math['log'](2)" },
  { name: 'power', path: 'sim/host/a.ts', text: 'const x = 2 ** 3' },
  { name: 'Date.now', path: 'sim/host/a.ts', text: 'const x = Date.now()' },
  { name: 'a date', path: 'sim/lab/a.ts', text: 'const x = new Date(0)' },
  { name: 'a real timer', path: 'sim/host/a.ts', text: 'setTimeout(f, 1)' },
  { name: 'a clock in a template', path: 'sim/host/a.ts', text: `const x = \`\${Date.now()}\`` },
  { name: 'the environment', path: 'sim/host/a.ts', text: "const x = process.env['X']" },
  { name: 'Buffer', path: 'sim/wire/a.ts', text: 'const x = Buffer.alloc(1)' },
  { name: 'console', path: 'sim/wire/a.ts', text: 'console.log(1)' },
  { name: 'localeCompare', path: 'sim/show/a.ts', text: 'x.localeCompare(y)' },
  { name: 'toLocaleString', path: 'sim/show/a.ts', text: 'x.toLocaleString()' },
  { name: 'bare sort', path: 'sim/show/a.ts', text: 'x.sort()' },
  { name: 'weak reference', path: 'sim/show/a.ts', text: 'const x = new WeakRef(y)' },
  { name: 'eval', path: 'sim/lab/a.ts', text: "eval('1')" },
  { name: 'default export', path: 'sim/cli/a.ts', text: 'const a = 1\nexport default a', at: 2 },
  { name: 'enum', path: 'sim/cli/a.ts', text: 'export enum A { B }' },
  { name: 'any', path: 'test/a.ts', text: 'const a: any = 1' },
  { name: 'as any', path: 'test/a.ts', text: 'const a = b as any' },
  { name: 'list of any', path: 'test/a.ts', text: 'const a: any[] = []' },
  { name: 'module-level let', path: 'sim/host/a.ts', text: 'const a = 1\nlet b = 2', at: 2 },
  { name: 'inheritance', path: 'sim/host/a.ts', text: 'class A extends B {}' },
  {
    name: 'only',
    path: 'test/a.test.ts',
    text: `${HARNESS}suite('a', f)\nsuite.only('b', f)`,
    at: 3,
  },
  { name: 'long file', path: 'sim/host/a.ts', text: 'a()\n'.repeat(301), at: 301 },
  { name: 'long function', path: 'sim/host/a.ts', text: `function a(): void {\n${body(59)}}` },
  { name: 'long arrow', path: 'sim/host/a.ts', text: `const a = () => {\n${body(59)}}` },
  {
    name: 'long method',
    path: 'sim/host/a.ts',
    text: `class A {\n  b(\n    c: number,\n  ): { d: number } {\n${body(59)}  }\n}`,
    at: 2,
  },
  { name: 'long line', path: 'sim/host/a.ts', text: `const a = '${'x'.repeat(89)}'` },
  { name: 'camel case file', path: 'sim/host/aFile.ts', text: '' },
  { name: 'vague file', path: 'sim/host/tcp-utils.ts', text: '' },
  { name: 'silenced compiler', path: 'sim/host/a.ts', text: `// @ts-${'ignore'}\nf(1)` },
  { name: 'no suite', path: 'test/a.test.ts', text: HARNESS },
  {
    name: 'bare uvu',
    path: 'test/a.test.ts',
    text: `${HARNESS}import { a } from 'uvu'\nsuite('a')`,
  },
  { name: 'no harness', path: 'test/a.test.ts', text: "suite('a', f)" },
]

cases('house: a rule turns red', RED, ({ path, text, at = 1 }) => {
  const breaches = breachesOf(source(path, text))
  assert.equal(
    breaches.map((each) => each.line),
    [at],
  )
})

cases(
  'house: no rule is too eager',
  [
    { name: 'words in remarks', path: 'sim/host/a.ts', text: '// Math.random(), Date.now(), any' },
    { name: 'words in strings', path: 'sim/host/a.ts', text: "const a = 'Date.now() ** 2'" },
    {
      name: 'words in templates',
      path: 'sim/host/a.ts',
      text: `const a = \`Date.now() \${b} x ** y\``,
    },
    {
      name: 'words in expressions',
      path: 'sim/host/a.ts',
      text: "const a = /'Date.now()/.test(b)",
    },
    { name: 'members of the same name', path: 'sim/host/a.ts', text: 'a.process.b(c.Date.now())' },
    { name: 'errors', path: 'sim/host/a.ts', text: 'class SheetError extends Error {}' },
    { name: 'the platform in cli', path: 'sim/cli/a.ts', text: 'process.exit(Date.now())' },
    {
      name: 'let in a function',
      path: 'sim/host/a.ts',
      text: 'function a(): void {\n  let b = 1\n}',
    },
    {
      name: 'a long function that says why',
      path: 'sim/host/a.ts',
      text: `/** Steps. */\n// long: one branch a state\nfunction a(): void {\n${body(70)}}`,
    },
    { name: 'a long condition', path: 'sim/host/a.ts', text: `if (a) {\n${body(70)}}` },
  ],
  ({ path, text }) => {
    assert.equal(breachesOf(source(path, text)), [])
  },
)

suite('house: functions are found', (test) => {
  test('methods, arrows and functions, with their lines', () => {
    const text = [
      'class A {',
      '  get b(): number {',
      '    return [1].map((x) => {',
      '      return x',
      '    })',
      '  }',
      '}',
      'export async function c<T>(d: T): Promise<{ e: T }> {',
      '  for (const f of d) {',
      '  }',
      '}',
    ].join('\n')
    const found = functionsOf(source('a.ts', text)).map(({ line, lines }) => [line, lines])
    assert.equal(found, [
      [3, 3],
      [2, 5],
      [8, 4],
    ])
  })
})
