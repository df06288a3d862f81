/**
 * Rows for `sql.insert`, which takes a list that is never empty.
 */

/** The caller has made sure there is a row; an empty list is a defect, never an empty INSERT. */
export const atLeastOne = <A>(rows: ReadonlyArray<A>): readonly [A, ...Array<A>] => {
  if (rows.length === 0) throw new Error("an INSERT without rows")
  return rows as readonly [A, ...Array<A>]
}
