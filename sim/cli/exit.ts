/** Exit codes, as the README documents them. */
export const OK = 0
export const FAILED = 1
export const USAGE = 2
export const BROKEN = 3
export const NOTHING = 4
export const INTERRUPTED = 130

/** Ends a command with a code and, on stderr, one sentence. For mistakes of the user. */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** What the operating system said, as a sentence without its code. */
export function systemProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const known: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'access is not permitted',
    EPERM: 'access is not permitted',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
    ENOSPC: 'the disk is full',
    EROFS: 'the disk can only be read',
    EMFILE: 'too many files are open',
  }
  return known[code ?? ''] ?? message
}
