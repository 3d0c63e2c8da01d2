import type { CheckKind } from './check.ts'
import { dnsCheck, udpCheck } from './datagram.ts'
import { ftpCheck, smtpCheck } from './greeting.ts'
import { httpCheck } from './http.ts'
import { pingCheck } from './ping.ts'
import { tcpCheck } from './tcp.ts'

export type { CheckDetails, CheckKind } from './check.ts'
export { type CheckPlan, Monitor } from './monitor.ts'

/** All kinds of checks, in the order in which they are listed. */
export const HEALTH_CHECKS: readonly CheckKind[] = [
  pingCheck,
  tcpCheck,
  udpCheck,
  httpCheck,
  dnsCheck,
  ftpCheck,
  smtpCheck,
]
