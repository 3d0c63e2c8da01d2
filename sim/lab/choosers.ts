import { mannersOf } from '../balancer/manners.ts'
import type { ServiceNames } from '../show/narrate.ts'
import type { Sheet } from './sheet/types.ts'

/** Who decides in a sheet, as DECIDED events number them: services and, behind them, nat rules. */
export function choosersOf(sheet: Sheet): ServiceNames[] {
  const services = sheet.services.map(({ name, schedules, servers }): ServiceNames => {
    return { name, manners: mannersOf(schedules), servers: servers.map((server) => server.name) }
  })
  const rules = sheet.nat.map(({ name = 'nat', text, action }): ServiceNames => {
    const targets = action.kind === 'dnat' ? action.targets : []
    return { name, manners: [], servers: targets.map((target) => target.name), rule: text }
  })
  return [...services, ...rules]
}
