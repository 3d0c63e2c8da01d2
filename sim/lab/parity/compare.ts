import { compareExactly } from './exact.ts'
import { Likeness } from './likeness.ts'
import { normalise } from './normal.ts'
import { compareProjected } from './projected.ts'
import type { ParityFile, ParityFileResult, ParityOptions, ParityResult } from './types.ts'

/**
 * Compares a run with captures of real machines, interface by interface. What is compared by
 * structure must keep its structure across all files.
 */
export function compare(files: readonly ParityFile[], options: ParityOptions = {}): ParityResult {
  const likeness = new Likeness(options)
  const results = files.map((file) => compareFile(file, options, likeness))
  return {
    frames: results.reduce((sum, each) => sum + each.frames, 0),
    agreed: results.reduce((sum, each) => sum + each.agreed, 0),
    files: results,
    firstDifference: results.find((each) => each.difference !== undefined)?.difference,
  }
}

function compareFile(
  file: ParityFile,
  options: ParityOptions,
  likeness: Likeness,
): ParityFileResult {
  const { name, stability } = file
  const ours = normalise(file.ours, options)
  const theirs = normalise(file.theirs, options)
  const compared =
    stability.cls === 'exact'
      ? compareExactly(name, ours, theirs, likeness)
      : compareProjected(name, ours, theirs, stability.items, options)
  return { name, cls: stability.cls, ...compared }
}
