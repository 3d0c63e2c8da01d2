/**
 * What always holds in a run, by the names that `allow` uses, in the order in which a verdict has
 * them. Each with a sentence and the exact definition: the one table of it, for `list`, for editors
 * and for the reader of sheets.
 */
export const INVARIANTS = [
  {
    name: 'checksum',
    sentence: 'a second decoder finds every checksum and length of every frame right',
    definition:
      'At each sending, every length fits the frame and every checksum (IPv4, ICMP, ICMPv6, ' +
      'TCP, UDP) its octets, as a decoder reads them that shares no code with the one that ' +
      'wrote them. A router that changes addresses and ports is held to the sum of the header; ' +
      'what a receiver then finds wrong counts as well. A frame that a cable damaged on purpose ' +
      'is left out.',
  },
  {
    name: 'leak',
    sentence:
      'no frame at a client, of a flow that began at a virtual address, names a real server',
    definition:
      'At the interfaces of those who ask virtual addresses, no header and no quote of an ' +
      "ICMP error has a real server's address: servers are those of services and the targets " +
      'of `dnat`. What a client opens towards a server by itself, or a server towards it, is ' +
      'another flow and allowed; so are ARP and neighbour discovery.',
  },
  {
    name: 'unaccounted',
    sentence: 'each frame is delivered, consumed or dropped for a named reason',
    definition:
      'When the run ends, as many frames were born as were consumed, dropped for a reason ' +
      'with a name, are on cables, or are held by a machine that waits for a neighbour or for ' +
      'fragments.',
  },
  {
    name: 'port-clash',
    sentence: 'no translated port is used again while its owner lives',
    definition:
      'A translated source, address and port towards one destination, stands for one source ' +
      'at a time: another one gets it only when the connection of the first is in TIME_WAIT ' +
      'or CLOSE. Watched where a machine changes sources.',
  },
  {
    name: 'arp-silence',
    sentence: 'only its owner answers ARP for a virtual address',
    definition:
      'No interface but those of its owners says in an ARP reply or a neighbour advertisement ' +
      'where a virtual address is.',
  },
  {
    name: 'reordered',
    sentence: 'packets of one direction keep their order',
    definition:
      'At no interface does a frame of a flow arrive behind one of the same direction that ' +
      'was born later. Not watched for frames that a cable with `reorder` lets others ' +
      'overtake.',
  },
] as const

export type InvariantName = (typeof INVARIANTS)[number]['name']

/** The names alone. */
export const INVARIANT_NAMES: readonly InvariantName[] = INVARIANTS.map(({ name }) => name)
