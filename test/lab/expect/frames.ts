import { bytes } from '../../lib/harness.ts'

/**
 * Frames that a Linux balancer (kernel 6.18, nftables) sent and received at its outer interface
 * while a client fetched a page through it; the addresses are those of the article.
 */
const lines = (text: string): Uint8Array => bytes(text)

export const ARP_REQUEST: Uint8Array = lines(`
  ff ff ff ff ff ff 02 00 00 00 10 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 10 01 c7 ed ca 01
  00 00 00 00 00 00 c7 ed ca 7c`)

export const ARP_REPLY: Uint8Array = lines(`
  02 00 00 00 10 01 02 00 00 00 20 00 08 06 00 01 08 00 06 04 00 02 02 00 00 00 20 00 c7 ed ca 7c
  02 00 00 00 10 01 c7 ed ca 01`)

export const SYN: Uint8Array = lines(`
  02 00 00 00 20 00 02 00 00 00 10 01 08 00 45 00 00 3c d5 e4 40 00 3f 06 8f 47 cf 11 75 14 c7 ed
  ca 7c 9c 40 00 50 3d c9 09 60 00 00 00 00 a0 02 fa f0 08 f6 00 00 02 04 05 b4 04 02 08 0a 30 10
  59 bf 00 00 00 00 01 03 03 07`)

export const SYN_ACK: Uint8Array = lines(`
  02 00 00 00 10 01 02 00 00 00 20 00 08 00 45 00 00 3c 00 00 40 00 3f 06 65 2c c7 ed ca 7c cf 11
  75 14 00 50 9c 40 3c 7d 9c 0a 3d c9 09 61 a0 12 fe 88 c3 ca 00 00 02 04 05 b4 04 02 08 0a 62 2a
  06 d0 30 10 59 bf 01 03 03 07`)

export const ACK: Uint8Array = lines(`
  02 00 00 00 20 00 02 00 00 00 10 01 08 00 45 00 00 34 d5 e5 40 00 3f 06 8f 4e cf 11 75 14 c7 ed
  ca 7c 9c 40 00 50 3d c9 09 61 3c 7d 9c 0b 80 10 01 f6 ef 29 00 00 01 01 08 0a 30 10 59 bf 62 2a
  06 d0`)

export const REQUEST: Uint8Array = lines(`
  02 00 00 00 20 00 02 00 00 00 10 01 08 00 45 00 00 8c d5 e6 40 00 3f 06 8e f5 cf 11 75 14 c7 ed
  ca 7c 9c 40 00 50 3d c9 09 61 3c 7d 9c 0b 80 18 01 f6 09 f5 00 00 01 01 08 0a 30 10 59 c0 62 2a
  06 d0 47 45 54 20 2f 6b 65 65 70 2f 31 30 32 34 20 48 54 54 50 2f 31 2e 31 0d 0a 48 6f 73 74 3a
  20 31 39 39 2e 32 33 37 2e 32 30 32 2e 31 32 34 0d 0a 55 73 65 72 2d 41 67 65 6e 74 3a 20 63 75
  72 6c 2f 37 2e 38 38 2e 31 0d 0a 41 63 63 65 70 74 3a 20 2a 2f 2a 0d 0a 0d 0a`)
