/**
 * One deliberate break: in `file`, the text `find` (which must stand there once) becomes `become`.
 */
export interface Break {
  /** What the broken simulator does, as a sentence that ends "although ...". */
  readonly name: string
  readonly file: string
  readonly find: string
  readonly become: string
}
