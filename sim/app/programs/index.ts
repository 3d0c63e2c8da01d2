import { closed } from './closed.ts'
import { nameServer } from './dns.ts'
import { echo } from './echo.ts'
import type { ProgramKind } from './program.ts'
import { script } from './script-server.ts'
import { sink } from './sink.ts'
import { web } from './web.ts'

export type { ProgramKind } from './program.ts'

/** All programs that listen, in the order in which they are listed. */
export const PROGRAMS: readonly ProgramKind[] = [web, echo, sink, closed, script, nameServer]
