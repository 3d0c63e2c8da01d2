import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tshark } from '../capture/tshark.ts'

/** PI_WARN of Wireshark's epan/proto.h: chats and notes lie below. */
const WARNING = 0x600000
const HEAD = '"_ws\\.expert" [^>]*>\\s*<field name="([^"]+)"'
const SEVERITY = '"_ws\\.expert\\.severity"[^>]* show="(\\d+)"'
const ITEM = new RegExp(`${HEAD}.*?${SEVERITY}`, 'gs')

/** Names of the expert items, of a severity of warning or above, that tshark has of a capture. */
export function expertItems(capture: Uint8Array): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vipwire-expert-'))
  try {
    const path = join(folder, 'all.pcapng')
    writeFileSync(path, capture)
    const lines = tshark(path, '-Y', `_ws.expert.severity >= ${WARNING}`, '-T', 'pdml')
    const found = [...lines.join('\n').matchAll(ITEM)]
    return new Set(found.flatMap(([, name, level]) => (Number(level) >= WARNING ? [name!] : [])))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
