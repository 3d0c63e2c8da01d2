import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchema } from '../../../sim/lab/sheet/json-schema.ts'
import { INVARIANT_NAMES } from '../../../sim/judge/index.ts'
import { KEY_WORDS } from '../../../sim/lab/sheet/schema/key-words.ts'
import { KEY_ORDER } from '../../../sim/lab/sheet/schema/sheet.ts'
import { readSource } from '../../../sim/lab/sheet/source.ts'
import { assert, cases, suite } from '../../lib/harness.ts'

type Form = Readonly<Record<string, unknown>>

const ROOT = jsonSchema() as Form

/** The keywords of JSON Schema (draft 7) that our schema uses; another one is an error. */
const KEYWORDS: Readonly<Record<string, (value: unknown, rule: never, form: Form) => boolean>> = {
  $schema: () => true,
  title: () => true,
  description: () => true,
  definitions: () => true,
  $ref: (value, rule: string) => {
    assert.match(rule, /^#\/definitions\//)
    const definitions = ROOT['definitions'] as Readonly<Record<string, Form>>
    return accepts(definitions[rule.slice('#/definitions/'.length)]!, value)
  },
  type: (value, rule: string | string[]) => {
    const type = typeOf(value)
    const types = [rule].flat()
    return types.includes(type) || (type === 'integer' && types.includes('number'))
  },
  enum: (value, rule: unknown[]) => rule.includes(value),
  const: (value, rule: unknown) => value === rule,
  anyOf: (value, rule: Form[]) => rule.some((one) => accepts(one, value)),
  not: (value, rule: Form) => !accepts(rule, value),
  pattern: (value, rule: string) => typeof value !== 'string' || new RegExp(rule).test(value),
  minimum: (value, rule: number) => typeof value !== 'number' || value >= rule,
  maximum: (value, rule: number) => typeof value !== 'number' || value <= rule,
  minItems: (value, rule: number) => !Array.isArray(value) || value.length >= rule,
  maxItems: (value, rule: number) => !Array.isArray(value) || value.length <= rule,
  additionalItems: () => true,
  items: (value, rule: Form | Form[]) =>
    !Array.isArray(value) ||
    value.every((one, i) => accepts(Array.isArray(rule) ? rule[i]! : rule, one)),
  minProperties: (value, rule: number) => !isMap(value) || Object.keys(value).length >= rule,
  maxProperties: (value, rule: number) => !isMap(value) || Object.keys(value).length <= rule,
  required: (value, rule: string[]) => !isMap(value) || rule.every((key) => key in value),
  propertyNames: (value, rule: Form) =>
    !isMap(value) || Object.keys(value).every((key) => accepts(rule, key)),
  properties: (value, rule: Record<string, Form>) =>
    !isMap(value) ||
    Object.entries(rule).every(([key, one]) => !(key in value) || accepts(one, value[key])),
  additionalProperties: (value, rule: Form | boolean, form) => {
    if (!isMap(value)) return true
    const known = Object.keys((form['properties'] as Form | undefined) ?? {})
    const others = Object.keys(value).filter((key) => !known.includes(key))
    return others.every((key) => (typeof rule === 'boolean' ? rule : accepts(rule, value[key])))
  },
}

function accepts(form: Form, value: unknown): boolean {
  return Object.entries(form).every(([keyword, rule]) => {
    const check = KEYWORDS[keyword]
    if (check === undefined) throw new Error(`the test does not know '${keyword}'`)
    return check(value, rule as never, form)
  })
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeOf(value) === 'object'
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return Number.isInteger(value) ? 'integer' : typeof value
}

const SHEETS = join(import.meta.dirname, '..', '..', '..', 'scenarios')
const ALL = readdirSync(SHEETS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .sort()

cases(
  'JSON Schema: it accepts the sheet',
  ALL.map((name) => ({ name })),
  ({ name }) => {
    assert.ok(accepts(ROOT, readSource(readFileSync(join(SHEETS, name), 'utf8')).value))
  },
)

suite('JSON Schema: it says what may be written', (test) => {
  const sheet = (change: (text: string) => string): unknown => {
    const text = readFileSync(join(SHEETS, '2-forwarding', '01-inline-dnat.yaml'), 'utf8')
    const changed = change(text)
    assert.is.not(changed, text)
    return readSource(changed).value
  }

  test('all keys of a sheet stand in it', () => {
    const properties = Object.keys(ROOT['properties'] as Form)
    assert.equal([...properties].sort(), [...KEY_ORDER].sort())
  })

  test('it refuses what the reader refuses by form', () => {
    assert.not.ok(
      accepts(
        ROOT,
        sheet((text) => text.replace('title:', 'titel:')),
      ),
    )
    assert.not.ok(
      accepts(
        ROOT,
        sheet((text) => text.replace('forward: dnat', 'forward: nat')),
      ),
    )
    assert.not.ok(
      accepts(
        ROOT,
        sheet((text) => text.replace('at: 0s', 'at: 0')),
      ),
    )
    assert.not.ok(
      accepts(
        ROOT,
        sheet((text) => text.replace('get:', 'gett:')),
      ),
    )
    assert.not.ok(
      accepts(
        ROOT,
        sheet((text) => `${text}vrrp: {}\n`),
      ),
    )
  })
})

/** Every key of the schema, by path, with its description. */
function keysOf(form: unknown, path = ''): (readonly [string, string | undefined])[] {
  if (Array.isArray(form)) return form.flatMap((each) => keysOf(each, path))
  if (!isMap(form)) return []
  return Object.entries(form).flatMap(([keyword, value]) => {
    if (keyword !== 'properties' || !isMap(value)) return keysOf(value, path)
    return Object.entries(value).flatMap(([key, one]) => {
      const full = path === '' ? key : `${path}.${key}`
      return [[full, descriptionOf(one as Form)] as const, ...keysOf(one, full)]
    })
  })
}

function descriptionOf(form: Form): string | undefined {
  const { description, $ref } = form as { description?: string; $ref?: string }
  if (description !== undefined || $ref === undefined) return description
  const definitions = ROOT['definitions'] as Readonly<Record<string, Form>>
  return descriptionOf(definitions[$ref.slice('#/definitions/'.length)]!)
}

suite('JSON Schema: editors have something to show', (test) => {
  const keys = keysOf(ROOT)
  test('for every key', () => {
    assert.ok(keys.length > 400, `only ${keys.length} keys`)
    const bare = keys.filter(([, description]) => description === undefined)
    assert.equal([...new Set(bare.map(([key]) => key))], [])
  })
  test('that is a sentence and no more', () => {
    for (const [key, description = ''] of keys) {
      assert.match(description, /^\S.*\S$/s, key)
      assert.ok(description.length < 400, key)
    }
  })
  test('and no sentence is about a key that is not there', () => {
    const said = new Set(keys.map(([, description]) => description))
    const stray = Object.entries(KEY_WORDS).filter(([, sentence]) => !said.has(sentence))
    assert.equal(stray, [])
  })
  test('for each invariant that may be allowed', () => {
    const allow = (ROOT['properties'] as Record<string, Form>)['allow']!
    assert.equal(Object.keys(allow['properties'] as Form), [...INVARIANT_NAMES])
    assert.not.ok(accepts(allow, { leek: 'a reason' }))
    assert.ok(accepts(allow, { leak: 'a reason' }))
  })
})
