/**
 * How many of its newest rows each wallet may bring to a judgement, so that all together are bounded:
 * who has few brings them all, who has most is cut first.
 */

/** Rows of all wallets in one judgement: about a kilobyte of heap each while it goes on. */
export const rowsAtOnce = 200_000

/** The largest limit under which the sum is at most `budget`; the groups by rising `rows`. */
export const rowsAtMost = (
  groups: ReadonlyArray<{ readonly rows: number; readonly wallets: number }>,
  budget: number,
  most: number,
): number => {
  let left = budget
  let wallets = groups.reduce((sum, group) => sum + group.wallets, 0)
  for (const group of groups) {
    if (group.rows * wallets > left) return Math.min(most, Math.floor(left / wallets))
    left -= group.rows * group.wallets
    wallets -= group.wallets
  }
  return most
}
