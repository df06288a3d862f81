/**
 * The dials of a seeded world, all independent of the traders it holds (those are data in
 * `Behaviours.ts`).
 */

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export interface WorldConfig {
  /** Days of history before the epoch. */
  readonly pastDays: number
  /** Trades a second, venue-wide, from the epoch on (about: it follows what traders find to do). */
  readonly liveTradesPerSecond: number
  /** New ordinary events a day. */
  readonly eventsPerDay: number
  /** Every so often an event of less than an hour is listed, from an hour before the epoch on; 0 = never. */
  readonly quickEventEveryMs: number
  /** Trades kept in memory; older ones are made again when asked for. */
  readonly keptRows: number
}

export const defaultConfig: WorldConfig = {
  pastDays: 180,
  liveTradesPerSecond: 8,
  eventsPerDay: 2,
  quickEventEveryMs: 10 * MINUTE,
  keptRows: 3_000_000,
}
