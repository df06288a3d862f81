/**
 * Damaged bodies through the whole client: none may crash it, every row served must be decoded or
 * quarantined, and what is decoded must be sound.
 *
 * Answers come over an `HttpClient`, so that throttles, retries and budgets take part, in virtual
 * time. Frames of both sockets are damaged as well.
 */
import { Cause, Effect, Exit, Layer, Option } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { BookMirror } from "@evaluator/polymarket/BookMirror"
import { Budget } from "@evaluator/polymarket/Budget"
import { embeddedEndpoints, VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { VenueHttp } from "@evaluator/polymarket/VenueHttp"
import { booksHeardIn } from "@evaluator/polymarket/wire/BookFrame"
import { parseJson } from "@evaluator/polymarket/wire/Json"
import { heardIn } from "@evaluator/polymarket/wire/StreamFrame"
import { VirtualTime } from "@evaluator/runtime/VirtualTime"
import { bookRow, condition, olderTradeRow, otherToken, token } from "../Samples.ts"
import type { Accounted, Door } from "./Doors.ts"
import { doors, layerDoors } from "./Doors.ts"
import type { DamagedAnswer, Dice } from "./Mutation.ts"
import { damaged, damagedAnswer, diceOf } from "./Mutation.ts"

export interface FuzzCount {
  bodies: number
  /** Bodies that gave a page or a thing, and those that gave an error. */
  read: number
  refused: number
  decoded: number
  quarantined: number
  frames: number
  /** Each with what is needed to see it again; at most twenty. */
  readonly faults: Array<string>
}

const mostFaults = 20

const fault = (count: FuzzCount, text: string): void => {
  if (count.faults.length < mostFaults) count.faults.push(text.slice(0, 600))
}

/** Numbers that money must not hold. */
const unsound = (value: unknown): boolean =>
  typeof value === "number"
    ? !Number.isSafeInteger(value) || Object.is(value, -0)
    : typeof value === "object" && value !== null && Object.values(value).some(unsound)

const bookkeep = (
  count: FuzzCount,
  door: Door,
  answer: DamagedAnswer,
  exit: Exit.Exit<Accounted, unknown>,
): void => {
  count.bodies += 1
  const seen = () => `${door.name}: ${answer.status} ${answer.text}`
  if (Exit.isFailure(exit)) {
    count.refused += 1
    if (!exit.cause.reasons.every(Cause.isFailReason)) {
      fault(count, `crashed on ${seen()}: ${Cause.pretty(exit.cause)}`)
    }
    return
  }
  const { decoded, quarantined, values } = exit.value
  count.read += 1
  count.decoded += decoded
  count.quarantined += quarantined
  const served = Option.match(parseJson(answer.text), {
    onNone: () => "unparsed" as const,
    onSome: door.served,
  })
  if (served === "unparsed") fault(count, `read what is no JSON: ${seen()}`)
  else if (served !== null && served !== decoded + quarantined) {
    fault(count, `served ${served}, decoded ${decoded}, quarantined ${quarantined}: ${seen()}`)
  }
  if (unsound(values)) fault(count, `unsound ${JSON.stringify(values)} from ${seen()}`)
}

const bodiesThroughDoors = (dice: Dice, bodies: number, count: FuzzCount) => {
  let answer: DamagedAnswer = { status: 200, headers: {}, text: "" }
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      const { headers, status, text } = answer
      return HttpClientResponse.fromWeb(request, new Response(text, { status, headers }))
    }),
  )
  const layer = layerDoors.pipe(
    Layer.provide(VenueHttp.layer),
    Layer.provide(Budget.layer({ lane: "background" })),
    Layer.provide(VenueEndpoints.layerOf(embeddedEndpoints("http://venue.test"))),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
  )
  return Effect.gen(function* () {
    for (let n = 0; n < bodies; n++) {
      const door = doors[n % doors.length]!
      answer = damagedAnswer(dice, door.body)
      bookkeep(count, door, answer, yield* Effect.exit(door.call))
    }
  }).pipe(Effect.provide(layer))
}

const tradeFrame = { topic: "activity", type: "trades", payload: olderTradeRow }
const change = { asset_id: token, price: "0.5", size: "2", side: "BUY", best_bid: "0.51" }
const bookFrame = [
  { ...bookRow, event_type: "book" },
  { event_type: "price_change", timestamp: "1790000000456", price_changes: [change, change] },
  { event_type: "tick_size_change", asset_id: token, new_tick_size: "0.001" },
  { event_type: "market_resolved", market: condition, winning_asset_id: token },
]
const readKinds = new Set(["book", "price_change", "tick_size_change", "market_resolved"])

const tradeStream = (dice: Dice, count: FuzzCount): void => {
  const text = damaged(dice, tradeFrame)
  const { faults, fills, spoke } = heardIn(text)
  if (unsound(fills)) fault(count, `unsound fill from ${text}`)
  if (!spoke && fills.length + faults.length > 1) fault(count, `mute with rows: ${text}`)
}

const bookStream = (dice: Dice, mirror: BookMirror, count: FuzzCount): void => {
  const text = damaged(dice, bookFrame)
  const { faults, messages } = booksHeardIn(text)
  const parsed = Option.getOrUndefined(parseJson(text))
  const spoilt = /^\s*[[{]/.test(text) ? [text] : []
  const entries: ReadonlyArray<unknown> =
    parsed === undefined ? spoilt : Array.isArray(parsed) ? parsed : [parsed]
  const passedOver = entries.filter((entry) => {
    const type = (entry as { readonly event_type?: unknown } | null)?.event_type
    return !Array.isArray(entry) && typeof type === "string" && !readKinds.has(type)
  })
  if (messages.length + faults.length + passedOver.length !== entries.length) {
    fault(count, `${messages.length} messages and ${faults.length} faults of ${text}`)
  }
  for (const message of messages) mirror.apply(message, 0)
  const book = mirror.book(token)
  const bid = book?.bids[0]?.price ?? 0
  if (unsound(book)) fault(count, `unsound book after ${text}`)
  if (book?.bids.some((level) => level.size <= 0 || level.price > bid) === true) {
    fault(count, `a book out of order after ${text}`)
  }
}

/** `bodies` damaged answers and as many damaged frames, out of one seed. */
export const fuzz = async (seed: number, bodies: number): Promise<FuzzCount> => {
  const count: FuzzCount = {
    bodies: 0,
    read: 0,
    refused: 0,
    decoded: 0,
    quarantined: 0,
    frames: 0,
    faults: [],
  }
  const dice = diceOf(seed)
  const time = new VirtualTime(1_790_000_000_000)
  const exit = await time.run(bodiesThroughDoors(dice, bodies, count))
  if (Exit.isFailure(exit)) fault(count, `the run itself: ${Cause.pretty(exit.cause)}`)
  const mirror = new BookMirror()
  mirror.follow([token, otherToken], 0)
  for (; count.frames < bodies; count.frames++) {
    const read = Effect.runSyncExit(
      Effect.sync(() =>
        count.frames % 2 === 0 ? tradeStream(dice, count) : bookStream(dice, mirror, count),
      ),
    )
    if (Exit.isFailure(read)) fault(count, `a frame crashed: ${Cause.pretty(read.cause)}`)
  }
  return count
}
