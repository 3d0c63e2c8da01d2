import type { ProgramKind } from './program.ts'

export const closed: ProgramKind = {
  name: 'closed',
  sentence: 'nothing listens: TCP is refused, UDP is answered by port unreachable',
  start() {
    // A port is closed by nobody opening it.
  },
}
