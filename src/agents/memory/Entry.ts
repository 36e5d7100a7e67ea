/** One thing that an agent has seen, heard, done or thought. */
export interface Entry {
  /** Prose, a table, a log or JSON, of any length. */
  readonly text: string
  /** A short label such as observation, chat, tool or reflection; none. */
  readonly kind?: string | undefined
  /** How much it matters, from 1 to 10; 5. */
  readonly importance?: number | undefined
  /** When it was true, in milliseconds since 1970; later than all before. */
  readonly at?: number | undefined
}
