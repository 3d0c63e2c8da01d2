import { type Document, isScalar, type Node, type Scalar, visit, type YAMLError } from 'yaml'

/** Something in a text that two readers could understand differently, or nobody can. */
export interface Suspicion {
  /** Offset in the text. */
  readonly at: number
  readonly problem: string
  readonly hint: string | undefined
  /** The meaning of more than one word is in doubt. */
  readonly breaks: boolean
}

type Report = (at: number, problem: string, hint?: string) => void

/** Plain scalars that YAML 1.1 readers take for something else: the cure is quotes. */
const TREACHEROUS: readonly { readonly pattern: RegExp; readonly taken: string }[] = [
  { pattern: /^(y|n|yes|no|on|off)$/i, taken: 'true or false' },
  { pattern: /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?$/, taken: 'a number in base 60' },
  { pattern: /^[-+]?\d+_[\d_]*$/, taken: 'a number' },
  { pattern: /^[-+]?0\d+$/, taken: 'an octal number' },
  { pattern: /^[-+]?\.(inf|nan)$/i, taken: 'a number' },
  { pattern: /^0o[0-7]+$/, taken: 'an octal number' },
  { pattern: /^0[xX][0-9a-fA-F]*_[0-9a-fA-F_]*$/, taken: 'a number' },
  { pattern: /^[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$/, taken: 'a number' },
  { pattern: /^\d{4}-\d\d?-\d\d?([Tt ].*)?$/, taken: 'a date' },
  { pattern: /^[-+]?\.\d+$/, taken: 'a number below 1' },
]

/** All that is suspicious in a text and the documents it was parsed to. */
export function suspicions(text: string, documents: readonly Document.Parsed[]): Suspicion[] {
  const found: Suspicion[] = []
  const breaking: Report = (at, problem, hint) => {
    found.push({ at, problem, hint, breaks: true })
  }
  const doubtful: Report = (at, problem, hint) => {
    found.push({ at, problem, hint, breaks: false })
  }
  const [document, second] = documents
  if (document === undefined) {
    breaking(0, 'the file is empty', 'a sheet begins with its title')
    return found
  }
  if (second !== undefined) {
    doubtful(second.range[0], 'a second document begins here', 'one sheet a file')
  }
  if (/^%/m.test(text) && document.directives.docStart === true) {
    doubtful(text.search(/^%/m), 'directives (%) are not part of the language')
  }
  const tab = /^ *\t/m.exec(text)
  if (tab !== null) breaking(tab.index + tab[0].length - 1, 'a tab indents this line; write blanks')
  else reportErrors(document.errors, breaking)
  if (document.contents !== null) suspect(document.contents as Node, breaking, doubtful)
  return found
}

/** The first syntax error, and keys that stand twice: what follows a syntax error means little. */
function reportErrors(errors: readonly YAMLError[], report: Report): void {
  const first = errors.find((error) => error.code !== 'DUPLICATE_KEY')
  for (const error of errors) {
    if (error === first) report(error.pos[0], ...yamlProblem(error))
    else if (error.code === 'DUPLICATE_KEY')
      report(error.pos[0], 'this key stands in the map twice')
  }
}

function suspect(root: Node, breaking: Report, doubtful: Report): void {
  const common = (node: Node): void => {
    const at = node.range?.[0] ?? 0
    if ((node as Scalar).anchor !== undefined) {
      breaking(at, 'anchors (&name) are not part of the language')
    }
    if (node.tag !== undefined) {
      const name = node.tag.replace('tag:yaml.org,2002:', '!!')
      breaking(at, `'${name}' before this value is a tag, which is not part of the language`, QUOTE)
    }
  }
  visit(root, {
    Alias: (_, node) =>
      breaking(node.range?.[0] ?? 0, 'aliases (*name) are not part of the language'),
    Map: (_, node) => common(node),
    Seq: (_, node) => common(node),
    Scalar: (key, node) => {
      common(node)
      if (key === 'key' && node.value === '<<') {
        breaking(node.range?.[0] ?? 0, 'merge keys (<<) are not part of the language')
      }
      suspectPlain(node, doubtful)
    },
  })
}

const QUOTE = "quote a value that begins with '!'"

function suspectPlain(node: Scalar, doubtful: Report): void {
  const { source } = node
  if (!isScalar(node) || node.type !== 'PLAIN' || source === undefined) return
  const taken = TREACHEROUS.find(({ pattern }) => pattern.test(source))?.taken
  if (taken === undefined) return
  doubtful(
    node.range?.[0] ?? 0,
    `'${source}' is ${taken} to some YAML readers`,
    `quote it: "${source}"`,
  )
}

const YAML_PROBLEMS: Readonly<Record<string, string>> = {
  BAD_INDENT: 'this line is indented in a way that fits no list or map above it',
  TAB_AS_INDENT: 'a tab indents this line; write blanks',
  BLOCK_AS_IMPLICIT_KEY: 'a value with a colon and a blank in it must be quoted',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; is a quote or bracket not closed?',
  BLOCK_IN_FLOW: 'inside { } and [ ] everything must be written in flow style',
}

function yamlProblem({ code, message }: YAMLError): [problem: string, hint?: string] {
  const line = message.split('\n')[0]!
  const said = line.charAt(0).toLowerCase() + line.slice(1)
  const open = /^flow (map|sequence) in block collection/.exec(said)
  if (open !== null) {
    const bracket = open[1] === 'map' ? '{' : '['
    return [`a '${bracket}' above is not closed before this line`]
  }
  const ours = YAML_PROBLEMS[code]
  return ours === undefined ? [said] : [ours, said]
}
