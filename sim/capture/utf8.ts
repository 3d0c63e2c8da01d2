/**
 * UTF-8 octets of a text; lone surrogates become U+FFFD. Here because the core has no platform
 * types.
 */
export function utf8(text: string): Uint8Array {
  const octets: number[] = []
  for (const character of text) {
    let code = character.codePointAt(0)!
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) octets.push(code)
    else if (code < 0x800) octets.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000) {
      octets.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    } else {
      octets.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      )
    }
  }
  return Uint8Array.from(octets)
}

/** Text of UTF-8 octets; a malformed sequence becomes U+FFFD. */
export function fromUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  let i = start
  while (i < end) {
    const lead = bytes[i++]!
    const extra = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : -1
    if (extra <= 0) {
      text += extra === 0 ? String.fromCharCode(lead) : '\ufffd'
      continue
    }
    let code = lead & (0x3f >> extra)
    let taken = 0
    while (taken < extra && i < end && (bytes[i]! & 0xc0) === 0x80) {
      code = (code << 6) | (bytes[i++]! & 63)
      taken++
    }
    const bad = taken < extra || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)
    text += bad ? '\ufffd' : String.fromCodePoint(code)
  }
  return text
}
