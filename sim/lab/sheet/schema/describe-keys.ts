import type { Form } from './form.ts'
import { isMap } from './shape.ts'

/**
 * A JSON Schema with a description for every key that has none and stands in `words`. Keys are
 * named by the path of keys to them, then by the last key alone.
 */
export function describeKeys(form: Form, words: Readonly<Record<string, string>>): Form {
  return walk(form, '', words) as Form
}

function walk(part: unknown, path: string, words: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(part)) return part.map((each) => walk(each, path, words))
  if (!isMap(part)) return part
  const entries = Object.entries(part).map(([keyword, value]): [string, unknown] => {
    if (keyword === 'properties' && isMap(value)) return [keyword, properties(value, path, words)]
    if (keyword === 'additionalProperties') return [keyword, walk(value, joined(path, '*'), words)]
    if (keyword === 'definitions' && isMap(value)) {
      const each = Object.entries(value).map(([name, one]) => [name, walk(one, name, words)])
      return [keyword, Object.fromEntries(each)]
    }
    const isValue = keyword === 'enum' || keyword === 'const'
    return [keyword, isValue ? value : walk(value, path, words)]
  })
  return Object.fromEntries(entries)
}

function properties(
  keys: Readonly<Record<string, unknown>>,
  path: string,
  words: Readonly<Record<string, string>>,
): Form {
  const described = Object.entries(keys).map(([key, form]) => {
    const full = joined(path, key)
    const walked = walk(form, full, words)
    const description = words[full] ?? words[key]
    if (!isMap(walked) || walked['description'] !== undefined) return [key, walked]
    return [key, description === undefined ? walked : { description, ...walked }]
  })
  return Object.fromEntries(described)
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
