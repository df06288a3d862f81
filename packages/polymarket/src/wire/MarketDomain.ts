/**
 * The broad topic of a market, out of what the venue says in four places.
 *
 * Read in this order, the first that says something known wins: the market's tags, its events' tags,
 * the category text of the market and of its events, the fee type. Among several known tags the
 * order of {@link topics} decides, narrow before broad. A category nobody knows is kept as written;
 * when nothing is said the topic is `unknown`.
 */
import { Option, Result, Schema } from "effect"
import { Absent } from "./Scalar.ts"

export const unknownDomain = "unknown"

/** Topics, narrow before broad, and the tags and categories that mean them. */
const topics: Readonly<Record<string, string>> = {
  Esports: "esports league-of-legends counter-strike cs2 dota-2 valorant",
  Mentions: "mentions mention-markets",
  Weather: "weather climate climate-weather temperature",
  Crypto: "crypto cryptocurrency crypto-prices bitcoin ethereum solana xrp nfts",
  Sports:
    "sports soccer football nba nba-playoffs nfl mlb nhl tennis ufc golf f1 formula-1 cricket " +
    "boxing olympics ncaa ncaab basketball baseball hockey epl ucl champions-league",
  Geopolitics: "geopolitics world middle-east ukraine foreign-policy war",
  Economics: "economics economy fed fed-rates inflation economic-policy",
  Finance: "finance business stocks equities earnings commodities ipos",
  Tech: "tech technology ai science big-tech space",
  Culture: "culture pop-culture entertainment movies music tv awards celebrities",
  Politics: "politics us-politics elections us-elections us-current-affairs trump",
}

const order = Object.keys(topics)
const ranks: ReadonlyMap<string, number> = new Map(
  order.flatMap((topic, rank) => topics[topic]!.split(" ").map((word) => [word, rank] as const)),
)

/** `Pop-Culture ` and `pop culture` are one word. */
const wordOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")

const rankOf = (text: string): number | undefined => ranks.get(wordOf(text))

const Tag = Schema.Struct({ label: Absent(Schema.String), slug: Absent(Schema.String) })
const decodeTag = Schema.decodeUnknownResult(Tag)

const topicOfTags = (tags: ReadonlyArray<unknown>): string | null => {
  let best = order.length
  for (const raw of tags) {
    const tag = Option.getOrNull(Result.getSuccess(decodeTag(raw)))
    best = Math.min(best, rankOf(tag?.slug ?? "") ?? best, rankOf(tag?.label ?? "") ?? best)
  }
  return order[best] ?? null
}

/** `crypto_fees_v2`, `sports_fees_v3`, `crypto_15_min` begin with the topic; `general_fees` says none. */
const topicOfFee = (feeType: string): string | null =>
  order[rankOf(feeType.split("_")[0] ?? "") ?? -1] ?? null

export interface SaidOfTopic {
  readonly tags: ReadonlyArray<unknown>
  readonly eventTags: ReadonlyArray<unknown>
  readonly categories: ReadonlyArray<string>
  readonly feeType: string
}

const maxLength = 40

export const domainOf = (said: SaidOfTopic): string => {
  const tagged = topicOfTags(said.tags) ?? topicOfTags(said.eventTags)
  if (tagged !== null) return tagged
  const written = said.categories.map((text) => text.trim()).filter((text) => text !== "")
  for (const category of written) {
    const rank = rankOf(category)
    if (rank !== undefined) return order[rank]!
  }
  return topicOfFee(said.feeType) ?? written[0]?.slice(0, maxLength) ?? unknownDomain
}
