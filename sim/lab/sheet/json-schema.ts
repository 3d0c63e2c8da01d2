import { NAMED_DRAWINGS } from '../../../topology/named.ts'
import { INVARIANTS } from '../../judge/index.ts'
import { EXPERT_ITEMS } from './expert-items.ts'
import { describeKeys } from './schema/describe-keys.ts'
import { drawing } from './schema/drawing.ts'
import { type Form, formOf } from './schema/form.ts'
import { KEY_WORDS } from './schema/key-words.ts'
import { operationForm } from './schema/programs.ts'
import { sheet } from './schema/sheet.ts'

/**
 * The sheet's language as JSON Schema (draft 7, which editors understand best). It says what a
 * person may write and not all that a sheet must fulfil: references and packet lines are checked
 * when a sheet is read.
 */
export function jsonSchema(): object {
  const form = formOf(sheet)
  const named = { enum: Object.keys(NAMED_DRAWINGS) }
  const file = { type: 'string', pattern: '^\\./' }
  const topology = { anyOf: [named, file, withoutRequired(formOf(drawing))] }
  const whole = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A lab sheet of vipwire',
    ...form,
    properties: {
      ...(form['properties'] as Form),
      topology,
      allow: allowForm(),
      expert: expertForm(),
    },
    definitions: { operation: operationForm() },
  }
  return describeKeys(whole, KEY_WORDS)
}

/** The invariants by name, each with its definition. */
function allowForm(): Form {
  const names = INVARIANTS.map(({ name, definition }): [string, Form] => {
    return [name, { type: 'string', description: definition }]
  })
  return {
    description: 'Invariants that are broken on purpose, each with the reason',
    type: 'object',
    properties: Object.fromEntries(names),
    additionalProperties: false,
  }
}

/** Expert items of Wireshark: those that labs meet are described, and others may be named. */
function expertForm(): Form {
  const names = Object.entries(EXPERT_ITEMS).map(([name, description]): [string, Form] => {
    return [name, { type: 'string', description }]
  })
  return {
    description: 'What Wireshark warns of in the capture (expert items), each with the reason',
    type: 'object',
    properties: Object.fromEntries(names),
    additionalProperties: { type: 'string' },
  }
}

/** A drawing may change single keys of another: nothing in it is required. */
function withoutRequired(form: unknown): unknown {
  if (Array.isArray(form)) return form.map(withoutRequired)
  if (typeof form !== 'object' || form === null) return form
  const entries = Object.entries(form).filter(
    ([key, value]) => key !== 'required' || !Array.isArray(value),
  )
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutRequired(value)]))
}
