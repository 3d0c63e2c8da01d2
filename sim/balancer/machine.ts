/** What a balancer asks the machine that it runs on, besides its hooks. */
export interface Machine {
  /** Value of a kernel setting (`net.ipv4.vs.conn_reuse_mode`) as it is now. */
  setting(name: string): number
  /** Whether an address is the machine's own. */
  isLocal(address: number): boolean
  /** The machine's own address that a packet towards `address` would carry; 0 without a route. */
  sourceTowards(address: number): number
  /** Uniform in 0 .. 65535, from a stream of its own: where the search for a free port begins. */
  random16(): number
  /** Whether a packet's flow (see Packet) was tracked before this packet (`nf_conntrack`). */
  isKnown(flow: number): boolean
  /** Forgets a tracked flow. */
  forgetFlow(flow: number): void
  /** Calls `run` after so many nanoseconds, unless the machine is without power then. */
  after(delayNs: number, run: () => void): void
  /**
   * Sends a RST from one end of a connection to the other, whoever owns the first; with an ACK of
   * `ack` unless that is negative.
   */
  reset(
    from: number,
    fromPort: number,
    to: number,
    toPort: number,
    sequence: number,
    ack: number,
  ): void
}
