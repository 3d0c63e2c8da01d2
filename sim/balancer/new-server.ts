import type { Server, ServerBounds, ServerConfig } from './service.ts'

/** A server as it is before anything has happened; `rule`: the first of its rules. */
export function newServer(
  config: ServerConfig,
  number: number,
  rule: number,
  present: boolean,
): Server {
  const { name, address, port, weight, upperThreshold, lowerThreshold, rank = 0 } = config
  return {
    number,
    name,
    address,
    port,
    rule,
    rank,
    ownWeight: weight,
    weight,
    lastWeight: weight,
    upperThreshold,
    lowerThreshold,
    overloaded: false,
    active: 0,
    inactive: 0,
    present,
    healthy: true,
    ejected: false,
    up: true,
  }
}

/** Gives a server another weight or other thresholds. */
export function bindServer(server: Server, bounds: ServerBounds): void {
  const { weight, upperThreshold, lowerThreshold } = bounds
  if (weight !== undefined) {
    server.ownWeight = weight
    server.weight = weight
    if (weight > 0) server.lastWeight = weight
  }
  if (lowerThreshold !== undefined) server.lowerThreshold = lowerThreshold
  if (upperThreshold === undefined) return
  // A higher bound, or none, lets it have new ones at once (ip_vs_ctl.c, __ip_vs_update_dest).
  if (upperThreshold === 0 || upperThreshold > server.upperThreshold) server.overloaded = false
  server.upperThreshold = upperThreshold
}
