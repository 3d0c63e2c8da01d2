import type { Break } from './break.ts'
import { BALANCER } from './breaks/balancer.ts'
import { CONNECTIONS } from './breaks/connections.ts'
import { FAMILIES } from './breaks/families.ts'
import { FAULTS } from './breaks/faults.ts'
import { HEALTH } from './breaks/health.ts'
import { HOST } from './breaks/host.ts'
import { IPV6 } from './breaks/ipv6.ts'
import { LINK } from './breaks/link.ts'
import { NAT } from './breaks/nat.ts'
import { NEIGHBOURS } from './breaks/neighbours.ts'
import { TCP } from './breaks/tcp.ts'
import { TCP_RULES } from './breaks/tcp-rules.ts'
import { PERSISTENCE } from './breaks/persistence.ts'
import { TCP_LESSONS } from './breaks/tcp-lessons.ts'
import { PROGRAMS } from './breaks/programs.ts'
import { SCHEDULERS } from './breaks/schedulers.ts'
import { SERVICE_KEYS } from './breaks/service-keys.ts'
import { SPEED } from './breaks/speed.ts'
import { WIRE } from './breaks/wire.ts'

/**
 * What must never go unnoticed: mistakes that somebody could make, each killed by a sheet. A new
 * one belongs into the file of its part in breaks/.
 */
export const BREAKS: readonly Break[] = [
  ...LINK,
  ...FAULTS,
  ...NEIGHBOURS,
  ...HOST,
  ...IPV6,
  ...FAMILIES,
  ...NAT,
  ...SERVICE_KEYS,
  ...SPEED,
  ...WIRE,
  ...BALANCER,
  ...HEALTH,
  ...PERSISTENCE,
  ...SCHEDULERS,
  ...CONNECTIONS,
  ...PROGRAMS,
  ...TCP,
  ...TCP_LESSONS,
  ...TCP_RULES,
]
