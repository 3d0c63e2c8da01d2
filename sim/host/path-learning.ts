import type { Host } from './host.ts'

const NS_PER_S = 1_000_000_000

/**
 * "Fragmentation needed" came about a packet of this machine's to `destination`: from now on, and
 * for ten minutes, packets there are no longer than `announced` (RFC 1191; Linux
 * __ip_rt_update_pmtu).
 *
 * An MTU below `min_pmtu` (or 0, from routers older than RFC 1191) is not believed: the path counts
 * as one of `min_pmtu`, and packets go without DF, to be cut where it must be.
 */
export function learnMtu(host: Host, destination: number, announced: number): void {
  const { routes, sysctl, now } = host
  const path = routes.find(destination)
  if (path === undefined || path.local || path.mtu < announced) return
  const least = sysctl.number('net.ipv4.route.min_pmtu')
  const lifeNs = sysctl.number('net.ipv4.route.mtu_expires') * NS_PER_S
  const locked = announced < least
  const mtu = locked ? Math.min(path.mtu, least) : announced
  const known = path.untilNs === Infinity ? 0 : (routes.exceptions.find(destination, now)?.mtu ?? 0)
  // The same news again renews the entry only in the second half of its life.
  if (known === mtu && !locked && now < path.untilNs - lifeNs / 2) return
  routes.exceptions.learnMtu(destination, mtu, locked, now, now + lifeNs)
  routes.changed()
}

/**
 * A redirect from `by` says that packets of this machine's to `destination` had better go to
 * `gateway` (RFC 1122 §3.2.2.2; Linux __ip_do_redirect). Only the gateway in use may say so, and
 * only about one that is no neighbour anyway. One whose MAC is not known is asked for it first:
 * then it is the next redirect that has an effect.
 */
export function acceptRedirect(
  host: Host,
  destination: number,
  by: number,
  gateway: number,
): boolean {
  const { routes, neighbours, now } = host
  const path = routes.find(destination)
  if (path === undefined || path.local || path.onLink || path.nextHop !== by) return false
  const { iface } = path
  const { acceptRedirects, sharedMedia, secureRedirects } = iface.settings
  if (gateway === by || !acceptRedirects || gateway >>> 24 === 0 || gateway >>> 28 >= 0xe) {
    return false
  }
  if (routes.isLocal(gateway) || routes.isBroadcast(gateway)) return false
  if (!sharedMedia) {
    if (!iface.sharesSubnet(gateway, by)) return false
    if (secureRedirects && !isDefaultGateway(host, gateway)) return false
  }
  if (neighbours.find(iface, gateway)?.hasMac !== true) {
    neighbours.solicit(iface, gateway)
    return true
  }
  const lifeNs = host.sysctl.number('net.ipv4.route.gc_timeout') * NS_PER_S
  routes.exceptions.learnGateway(destination, gateway, now, now + lifeNs)
  routes.changed()
  return true
}

function isDefaultGateway(host: Host, gateway: number): boolean {
  return host.routes.list().some((route) => route.prefixLen === 0 && route.via === gateway)
}
