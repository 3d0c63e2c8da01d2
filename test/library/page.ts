/** Runs in a browser: plays the sheets it is given and answers with prints of every capture. */
import { play } from '../../sim/index.ts'

/** What the page is given: texts of sheets and of the files they name, by path. */
export interface Task {
  readonly sheets: readonly { readonly file: string; readonly text: string }[]
  /** By the sheet's path and the name in it, with a blank between. */
  readonly files: Readonly<Record<string, string>>
}

/** The print of each capture, by sheet and name of the capture. */
export type Prints = Readonly<Record<string, string>>

/** Prints of all captures of the sheets: SHA-256, in hexadecimal. */
export async function prints(task: Task): Promise<Prints> {
  const found: Record<string, string> = {}
  for (const { file, text } of task.sheets) {
    const lab = play(text, { file, read: (name) => task.files[`${file} ${name}`] })
    for (const [name, octets] of lab.captures()) {
      const digest = await crypto.subtle.digest('SHA-256', octets as Uint8Array<ArrayBuffer>)
      const hex = Array.from(new Uint8Array(digest), (octet) => octet.toString(16).padStart(2, '0'))
      found[`${file} ${name}`] = hex.join('')
    }
    found[`${file} verdict`] = JSON.stringify(lab.verdict())
  }
  return found
}
