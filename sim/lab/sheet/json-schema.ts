import * as z from 'zod'
import { sheet } from './schema/sheet.ts'

/** The JSON Schema of a sheet as it is written (draft 7, which editors understand best). */
export function jsonSchema(): object {
  return z.toJSONSchema(sheet, { io: 'input', target: 'draft-7', unrepresentable: 'any' })
}
