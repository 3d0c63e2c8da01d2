import type { Break } from '../break.ts'

/** What programs say. */
export const PROGRAMS: readonly Break[] = [
  {
    name: 'a web server promises one octet more than it sends',
    file: 'sim/app/programs/web.ts',
    find: "['Content-Length', String(size)]",
    become: "['Content-Length', String(size + 1)]",
  },
  {
    name: 'a name server answers another question',
    file: 'sim/app/programs/dns.ts',
    find: 'const addresses = entry.addresses.filter((address) => address.family === family)',
    become:
      'query = { ...query, id: query.id ^ 1 }\n    const addresses = entry.addresses.filter((address) => address.family === family)',
  },
]
