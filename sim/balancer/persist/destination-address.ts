import type { Persistence } from './persistence.ts'
import { masked } from './source-address.ts'

export const destinationAddress: Persistence = {
  name: 'destination-address',
  sentence: 'connections to one address meet the server of the first one; for caches',
  source: 'F5 BIG-IP, destination address affinity',
  elsewhere: ['dest_addr (F5)', 'destination-ip (A10)'],
  of: 'virtual',
  keyOf: ({ virtual }, { mask }, addresses) => masked(virtual, mask, addresses),
}
