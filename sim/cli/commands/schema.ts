import { jsonSchema } from '../../lab/sheet/json-schema.ts'
import { OK } from '../exit.ts'
import { print } from '../terminal.ts'

/** `vipwire schema`. */
export function schema(): number {
  print(JSON.stringify(jsonSchema(), null, 2))
  return OK
}
