import type { NodePlan } from '../../../topology/plan.ts'
import { FIXED, rangeOf } from '../../host/sysctl-range.ts'
import { SYSCTL_DEFAULTS } from '../../host/sysctl.ts'
import { nearest } from './nearest.ts'
import type { Problems } from './problems.ts'
import type { Path } from './source.ts'

/** Settings a kernel would not know or not take are mistakes: nothing would happen. */
export function checkSysctl(
  settings: Readonly<Record<string, number>>,
  node: NodePlan,
  path: Path,
  problems: Problems,
): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!isKnown(name, node)) reportUnknown(name, node, [...path, name], problems)
    else checkValue(name, value, [...path, name], problems)
  }
}

function checkValue(name: string, value: number, path: Path, problems: Problems): void {
  const { min, max } = rangeOf(name)
  if (!Number.isInteger(value) || value < min || value > max) {
    const range = max === 0x7fff_ffff ? `a whole number from ${min} on` : `${min} to ${max}`
    problems.error(path, `'${name}' takes ${range}, not ${value}`)
  } else if (FIXED.has(name) && value !== SYSCTL_DEFAULTS[name]) {
    const fixed = SYSCTL_DEFAULTS[name]
    problems.warn(path, `'${name}' is always ${fixed} in this version: this changes nothing`)
  }
}

function reportUnknown(name: string, node: NodePlan, path: Path, problems: Problems): void {
  const match = /^net\.ipv[46]\.(?:conf|neigh)\.([^.]+)\.[^.]+$/.exec(name)
  const near = nearest(name, knownTo(node))
  let hint = 'names are those of Linux, in full'
  if (match !== null && Object.hasOwn(SYSCTL_DEFAULTS, defaultOf(name))) {
    const known = node.interfaces.map((iface) => iface.name).join(', ')
    hint = `${node.name} has no interface '${match[1]}'; known: all, default, ${known}`
  } else if (near !== undefined) hint = `did you mean '${near}'?`
  problems.keyError(path, `no machine of this version knows the sysctl '${name}'`, hint)
}

/** All names of settings: those of the kernel, and those of the machine's interfaces. */
function knownTo(node: NodePlan): string[] {
  const all = Object.keys(SYSCTL_DEFAULTS)
  const own = node.interfaces.flatMap(({ name }) =>
    all
      .filter((each) => each.includes('.default.'))
      .map((each) => each.replace('.default.', `.${name}.`)),
  )
  return [...own, ...all]
}

function isKnown(name: string, node: NodePlan): boolean {
  if (Object.hasOwn(SYSCTL_DEFAULTS, name)) return true
  const match = /^net\.ipv[46]\.(?:conf|neigh)\.([^.]+)\.[^.]+$/.exec(name)
  if (match === null || !node.interfaces.some((iface) => iface.name === match[1])) return false
  return Object.hasOwn(SYSCTL_DEFAULTS, defaultOf(name))
}

/** The name of the same setting of interfaces that do not say it themselves. */
function defaultOf(name: string): string {
  return name.replace(/^(net\.ipv[46]\.(?:conf|neigh)\.)[^.]+/, '$1default')
}
