/** One statement as it stands in a text; rows carry the name of what they tell of. */
export interface Piece {
  readonly text: string
  /** The cell that names the row. */
  readonly key?: string
}
