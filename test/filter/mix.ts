/**
 * The captures, one after the other, on which filters are tried: `tshark.json` numbers their
 * frames.
 */
export const MIX: readonly string[] = [
  '01-inline-dnat/lb-eth0',
  '04-one-arm-no-snat/client-eth0',
  '08a-icmp-port-unreachable/client-eth0',
  '11-udp-dns/client-eth0',
  '12-v6-dnat/client-eth0',
  '07e-redirect-no-nat/client2-eth0',
  '10-client-close/client-eth0',
]
