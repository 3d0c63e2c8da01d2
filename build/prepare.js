// npm runs this after `npm ci`. With `--omit=dev` the tools to build with are not there, and an
// installation must not fail because of that: whoever leaves them out brings a built dist/ along.

import { existsSync } from 'node:fs'

const tools = ['tsx', 'esbuild', 'typescript']
const missing = tools.filter(
  (name) => !existsSync(new URL(`../node_modules/${name}`, import.meta.url)),
)
if (missing.length === 0) {
  const { register } = await import('tsx/esm/api')
  register()
  await import('./build.ts')
} else {
  console.error(`vipwire: nothing is built, ${missing.join(', ')} not installed`)
}
