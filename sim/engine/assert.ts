/** Raised when vipwire itself is wrong (exit code 3); never for a wrong sheet or a wrong packet. */
export class InternalError extends Error {
  override name = 'InternalError'
}

/** Always on: a broken assumption of our own stops the run instead of spoiling its result. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new InternalError(sentence)
}
