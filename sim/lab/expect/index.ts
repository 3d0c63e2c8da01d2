import type { Plan } from '../../../topology/plan.ts'
import type { ExpectationSheet, Sheet } from '../sheet/types.ts'
import { ConnectionsWatch } from './connections.ts'
import { CountWatch } from './count.ts'
import type { ReadDecision } from './decisions.ts'
import { DroppedWatch } from './dropped.ts'
import { HealthWatch } from './health.ts'
import type { LineContext } from './line.ts'
import { OrderWatch } from './order.ts'
import { PacketWatch } from './packet.ts'
import { PathWatch } from './path.ts'
import { ResponseWatch } from './response.ts'
import { SequenceWatch, ServedWatch } from './served.ts'
import { TableWatch } from './table.ts'
import type { Watch } from './watch.ts'

/** What expectations are compiled with. */
export interface ExpectationContext extends LineContext {
  readonly decision: ReadDecision
}

/** The expectations of a sheet, ready to listen, in its order. */
export function compileExpectations(sheet: Sheet, context: ExpectationContext): Watch[] {
  return sheet.expect.map((each) => compileOne(each, sheet, sheet.plan, context))
}

function compileOne(
  each: ExpectationSheet,
  sheet: Sheet,
  plan: Plan,
  context: ExpectationContext,
): Watch {
  switch (each.kind) {
    case 'path':
      return new PathWatch(each, context)
    case 'packet':
    case 'never':
      return new PacketWatch(each, context)
    case 'order':
      return new OrderWatch(each, context)
    case 'count':
      return new CountWatch(each, context)
    case 'served':
      return new ServedWatch(each, plan, context.decision)
    case 'sequence':
      return new SequenceWatch(each, plan, context.decision)
    case 'health':
      return new HealthWatch(each, plan, context.decision)
    case 'response':
      return new ResponseWatch(each, sheet.steps[each.step]!, plan)
    case 'table':
      return new TableWatch(each, plan)
    case 'connections':
      return new ConnectionsWatch(each, plan, sheet.services.length)
    case 'dropped':
      return new DroppedWatch(each, context)
  }
}
