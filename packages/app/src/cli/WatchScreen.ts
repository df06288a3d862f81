/**
 * A page that is looked at again and again, as one screen of a terminal: drawn over what was there, so that
 * nothing flickers, and cut at the last row, so that its head never scrolls away.
 */
export interface Screen {
  readonly rows: number
  /** Said in the last row: when this was, and how it ends. */
  readonly footer: string
}

const home = "\u001B[H"
const clearLine = "\u001B[K"
const clearBelow = "\u001B[J"
/** A line too long for the terminal ends at its edge and takes no second row. */
const noWrap = "\u001B[?7l"
const wrap = "\u001B[?7h"

export const screenOf = (text: string, { rows, footer }: Screen): string => {
  const lines = text.split("\n")
  // One row is the footer's, one the cursor's.
  const room = Math.max(1, rows - 2)
  const more = lines.length - room
  const last = more > 0 ? `${footer}; ${more} more lines without --watch` : footer
  const drawn = [...lines.slice(0, room), last].map((line) => `${line}${clearLine}`)
  return `${noWrap}${home}${drawn.join("\n")}${clearBelow}${wrap}`
}
