import type { HookContext } from '../../hook/hook.ts'
import { isIpv6 } from '../../wire/address-book.ts'
import type { ServiceConfig } from '../service.ts'
import { PERSISTENCES, Templates } from './index.ts'

/** An empty table of templates for a service; undefined for one without persistence. */
export function templatesOf(config: ServiceConfig, context: HookContext): Templates | undefined {
  const { persist, vips } = config
  if (persist === undefined) return undefined
  const kind = PERSISTENCES.find((one) => one.name === persist.kind)
  if (kind === undefined) throw new RangeError(`no persistence is named '${persist.kind}'`)
  const [vip, ...others] = vips
  if (vip === undefined) return undefined
  const nobody = isIpv6(vip.address) ? context.addresses.numberOf(0, 0, 0, 0) : 0
  // A list of addresses is one service, as those of a firewall mark are: IPVS gives its templates
  // the protocol IP and no port.
  const one = others.length === 0
  const protocol = one && vip.protocol !== 'any' ? vip.protocol : 'ip'
  const virtual = one ? vip.address : nobody
  const virtualPort = one && vip.port === vip.lastPort ? vip.port : 0
  return new Templates(kind, persist, { protocol, virtual, virtualPort, nobody }, context)
}
