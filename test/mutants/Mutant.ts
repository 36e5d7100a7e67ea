/** A bug to be planted in the source, which a test must see. */
export interface Mutant {
  /** What the source does wrong then. */
  readonly name: string
  /** The file, in `src`. */
  readonly file: string
  /** The text it stands in the place of, which the file has once. */
  readonly find: string
  readonly put: string
  /** The tests most likely to see it, by the beginning of their names in `test`; those of the file by default. */
  readonly tests?: ReadonlyArray<string>
  /** Why no test can or need see it. */
  readonly survives?: string
}
