import * as z from 'zod'

/** A JSON Schema, or a part of one. */
export type Form = Readonly<Record<string, unknown>>

/**
 * What a schema with code of its own looks like as JSON Schema; zod cannot see through code. Made
 * when asked for, because only `jsonSchema()` asks.
 */
const FORMS = z.registry<{ readonly form: () => Form }>()

/** Says how `schema` looks to an editor. */
export function withForm<T extends z.ZodType>(schema: T, form: () => Form): T {
  FORMS.add(schema, { form })
  return schema
}

/** The JSON Schema of what a person writes for `schema`. */
export function formOf(schema: z.ZodType): Form {
  const { $schema: _, ...form } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // zod names a kind of check there; an editor would take it for a format.
      delete jsonSchema.format
      const known = FORMS.get(zodSchema as unknown as z.ZodType)
      if (known !== undefined) Object.assign(jsonSchema, known.form())
    },
  })
  return form
}
