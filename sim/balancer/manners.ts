/**
 * How a service came to a server. DECIDED events carry the number, people read the words; both
 * sides make the list from the words of the schedulers that the service will have in its life.
 *
 * For each scheduler there are two, its turn and its turn among all servers whatever their health
 * says (panic); behind them stand persistence and the sorry server.
 */
export function mannersOf(schedules: readonly string[]): string[] {
  const turns = schedules.flatMap((word) => [word, `${word} without regard to health`])
  return [...turns, 'persistence', 'want of a quorum']
}

/** The turn of the scheduler at this place of the list. */
export const byTurn = (schedule: number): number => schedule * 2
/** The same when health is ignored. */
export const inPanic = (schedule: number): number => schedule * 2 + 1
/** A connection before it was given to this server. */
export const byPersistence = (schedules: number): number => schedules * 2
/** Too few servers are up. */
export const bySorry = (schedules: number): number => schedules * 2 + 1
