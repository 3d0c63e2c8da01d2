import type { Break } from '../break.ts'

const TEMPLATES = 'sim/balancer/persist/templates.ts'
const SERVICE = 'sim/balancer/running-service.ts'

export const PERSISTENCE: readonly Break[] = [
  {
    name: 'nobody follows a template',
    file: SERVICE,
    find: 'return this.terms.templates?.find(arrival, quiescentExpires)',
    become: 'return quiescentExpires && !quiescentExpires ? this.servers[0] : undefined',
  },
  {
    name: 'a new connection does not renew its template',
    file: TEMPLATES,
    find: 'const expiresNs = now + this.settings.timeoutNs\n',
    become: 'const expiresNs = same ? before.expiresNs : now + this.settings.timeoutNs\n',
  },
  {
    name: 'a template that is needed ends with its time',
    file: TEMPLATES,
    find: 'const late = (controlled > 0 ? now + 1 : freedNs) - template.expiresNs',
    become: 'const late = Math.min(0, (controlled > 0 ? now + 1 : freedNs) - template.expiresNs)',
  },
  {
    name: 'a template lives for ever',
    file: TEMPLATES,
    find: 'const controlled = Math.max(0, template.controlled - 1)',
    become: 'const controlled = Math.max(0, template.controlled)',
  },
  {
    name: 'a template gets two minutes more',
    file: TEMPLATES,
    find: 'const AGAIN_NS = 60_000_000_000',
    become: 'const AGAIN_NS = 120_000_000_000',
  },
  {
    name: 'a template leads to a removed server',
    file: TEMPLATES,
    find: 'if (!server.present || !server.up) return undefined',
    become: 'if (!server.up) return undefined',
  },
  {
    name: 'a template leads to a server that is down',
    file: TEMPLATES,
    find: 'if (!server.present || !server.up) return undefined',
    become: 'if (!server.present) return undefined',
  },
  {
    name: 'a template never leads to a server of weight 0',
    file: TEMPLATES,
    find: 'return server.weight === 0 && quiescentExpires ? undefined : server',
    become: 'return server.weight === 0 ? undefined : server',
  },
  {
    name: 'expire_quiescent_template is not heeded',
    file: TEMPLATES,
    find: 'return server.weight === 0 && quiescentExpires ? undefined : server',
    become: 'return server.weight < 0 && quiescentExpires ? undefined : server',
  },
  {
    name: 'the mask of IPv4 is not heeded',
    file: 'sim/balancer/persist/source-address.ts',
    find: 'if (!isIpv6(address)) return (address & maskOf(bits)) >>> 0',
    become: 'if (!isIpv6(address)) return address',
  },
  {
    name: 'the mask of IPv6 leaves a word too much',
    file: 'sim/balancer/persist/source-address.ts',
    find: 'bits - 32 * i',
    become: 'bits - 32 * (i - 1)',
  },
  {
    name: 'persistence by destination goes by the client',
    file: 'sim/balancer/persist/destination-address.ts',
    find: 'keyOf: ({ virtual }, { mask }, addresses) => masked(virtual, mask, addresses)',
    become: 'keyOf: ({ client }, { mask }, addresses) => masked(client, mask, addresses)',
  },
  {
    name: 'the template of a list shows its first address',
    file: 'sim/balancer/persist/templates-of.ts',
    find: 'const virtual = one ? vip.address : nobody',
    become: 'const virtual = one ? vip.address : nobody === 1 ? nobody : vip.address',
  },
  {
    name: 'datagrams are remembered for a minute less',
    file: 'sim/balancer/states.ts',
    find: '120, 120, 10, 60, 30, 120, 120, 300]',
    become: '120, 120, 10, 60, 30, 120, 120, 240]',
  },
  {
    name: 'only the address on lo is local, and not its subnet',
    file: 'sim/host/route.ts',
    find: 'const isLocal = isOwn || this.isInLocalNet(address)',
    become: 'const isLocal = isOwn || (this.localNets.length > 9 && this.isInLocalNet(address))',
  },
]
