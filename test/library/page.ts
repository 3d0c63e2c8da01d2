/** Runs in a browser and in Node: plays a sheet and answers with prints of every capture. */
import { play } from '../../sim/index.ts'

/** A sheet, and the files that it names, by the names in it. */
export interface Task {
  readonly file: string
  readonly text: string
  readonly drawings: Readonly<Record<string, string>>
  /** Captures that it replays, in hexadecimal. */
  readonly captures: Readonly<Record<string, string>>
}

/** The print of each capture by its name, and the verdict. */
export type Prints = Readonly<Record<string, string>>

/** Prints of all captures of a sheet: SHA-256, in hexadecimal. */
export async function prints({ file, text, drawings, captures }: Task): Promise<Prints> {
  const lab = play(text, {
    file,
    read: (name) => drawings[name],
    capture: (name) => octetsOf(captures[name]),
  })
  const found: Record<string, string> = { verdict: JSON.stringify(lab.verdict()) }
  for (const [name, octets] of lab.captures()) {
    const digest = await crypto.subtle.digest('SHA-256', octets as Uint8Array<ArrayBuffer>)
    found[name] = hexOf(new Uint8Array(digest))
  }
  return found
}

function hexOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')
}

function octetsOf(hex: string | undefined): Uint8Array | undefined {
  if (hex === undefined) return undefined
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
