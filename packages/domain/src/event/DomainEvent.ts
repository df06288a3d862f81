/**
 * The typed events of the service: facts in the past tense, one schema each, versioned.
 *
 * An event is a row before it is a message: it is written in the transaction that made it true.
 * Events cross from one lane to the other as {@link Envelope}s with the payload still encoded;
 * {@link decodeEvent} turns one into its type. A payload carries what the other lane needs and
 * cannot read for itself, in its encoded (JSON) form.
 */
import { Result, Schema } from "effect"
import { ConditionId, FillId, WalletAddress } from "../Id.ts"
import { Market, Resolution } from "../market/Market.ts"
import { CopyOutcome, Strategy } from "../paper/CopyOutcome.ts"
import { Fill } from "../trade/Trade.ts"
import { Persona } from "../wallet/Persona.ts"
import { RulesState } from "../wallet/WalletRules.ts"

/** A followed wallet and when following began (or ended). */
export const Follow = Schema.Struct({
  wallet: WalletAddress,
  fromMs: Schema.Int,
  toMs: Schema.NullOr(Schema.Int),
  state: RulesState,
  persona: Schema.NullOr(Persona),
})
export type Follow = typeof Follow.Type

/** What our order met. Money in micro-USDC, prices in millionths, sizes in micro-shares. */
export const CopyMet = Schema.Struct({
  side: Schema.Literals(["BUY", "SELL"]),
  leaderPrice: Schema.Int,
  size: Schema.Int,
  fee: Schema.Int,
  /** What the book held within our price limit before we took ours. */
  depth: Schema.Int,
})
export type CopyMet = typeof CopyMet.Type

/** What was sold of a copy's shares and not paid out: micro-shares, and the sales' fees in micro-USDC. */
export const CopySold = Schema.Struct({ size: Schema.Int, fee: Schema.Int })
export type CopySold = typeof CopySold.Type

const eventTypes = {
  MarketListed: Schema.Struct({ market: Market }),
  MarketChanged: Schema.Struct({ market: Market }),
  MarketsScored: Schema.Struct({ day: Schema.String, markets: Schema.Int, events: Schema.Int }),
  MarketResolved: Schema.Struct({ resolution: Resolution }),
  WalletsDiscovered: Schema.Struct({ wallets: Schema.Array(WalletAddress), source: Schema.String }),
  /**
   * `count` fills of one wallet that were new. `fills` are those of them made while the wallet was
   * followed, oldest first, at most 500 an event: the other lane copies them.
   */
  TradesIngested: Schema.Struct({
    wallet: WalletAddress,
    count: Schema.Int,
    fills: Schema.Array(Fill),
  }),
  PositionsChanged: Schema.Struct({ wallet: WalletAddress, bankrollMicro: Schema.Int }),
  WalletsClassified: Schema.Struct({
    classified: Schema.Int,
    excluded: Schema.Int,
    waiting: Schema.Int,
  }),
  WalletsScored: Schema.Struct({ wallets: Schema.Int, windowDays: Schema.Int }),
  /** All weighed wallets were judged together; `changed` verdicts are new or another word. */
  VerdictsIssued: Schema.Struct({
    model: Schema.Int,
    follow: Schema.Int,
    watch: Schema.Int,
    avoid: Schema.Int,
    changed: Schema.Int,
  }),
  WalletRulesEvaluated: Schema.Struct({
    wallet: WalletAddress,
    from: RulesState,
    to: RulesState,
    reason: Schema.String,
  }),
  /** The wallets whose following began or ended since the list before; the list itself is the sum. */
  FollowListChanged: Schema.Struct({ follows: Schema.Array(Follow) }),
  CopyDecided: Schema.Struct({
    fill: FillId,
    strategy: Strategy,
    wallet: WalletAddress,
    condition: ConditionId,
    outcome: CopyOutcome,
    costMicro: Schema.Int,
    leaderAtMs: Schema.Int,
    /** How the leader's trade and ours compare; absent without a fill of ours. */
    met: Schema.optionalKey(CopyMet),
  }),
  /** Shares of a copy are gone; `pnlMicro` is what they earned after fees. */
  CopySettled: Schema.Struct({
    fill: FillId,
    strategy: Strategy,
    wallet: WalletAddress,
    condition: ConditionId,
    pnlMicro: Schema.Int,
    cause: Schema.Literals(["sold", "resolved"]),
    /**
     * By all its sales and exits, beyond what events before told of this copy; negative when it is taken back.
     * Absent of events from before it was told: then a copy whose cause is `sold` counts as sold out, for no fee.
     */
    sold: Schema.optionalKey(CopySold),
  }),
  WalletHalted: Schema.Struct({
    wallet: WalletAddress,
    reason: Schema.String,
    untilMs: Schema.NullOr(Schema.Int),
  }),
  PortfolioHalted: Schema.Struct({ reason: Schema.String, untilMs: Schema.NullOr(Schema.Int) }),
  JobStarted: Schema.Struct({ job: Schema.String, cause: Schema.String }),
  JobCompleted: Schema.Struct({
    job: Schema.String,
    durationMs: Schema.Int,
    counts: Schema.Record(Schema.String, Schema.Int),
  }),
  JobFailed: Schema.Struct({ job: Schema.String, durationMs: Schema.Int, error: Schema.String }),
  BackpressureRaised: Schema.Struct({
    queue: Schema.String,
    pending: Schema.Int,
    capacity: Schema.Int,
  }),
  BackpressureCleared: Schema.Struct({
    queue: Schema.String,
    pending: Schema.Int,
    capacity: Schema.Int,
  }),
  WorkDropped: Schema.Struct({ queue: Schema.String, key: Schema.String }),
  VenueThrottled: Schema.Struct({
    host: Schema.String,
    route: Schema.String,
    retryAfterMs: Schema.NullOr(Schema.Int),
  }),
} as const

export type EventType = keyof typeof eventTypes
export const EventType = Schema.Literals(Object.keys(eventTypes) as ReadonlyArray<EventType>)
export type EventPayload<T extends EventType> = (typeof eventTypes)[T]["Type"]

/** What a producer says: the type and its payload. Ids, sequence and time are added by the log. */
export type EventDraft = {
  readonly [T in EventType]: { readonly type: T; readonly payload: EventPayload<T> }
}[EventType]

/** An event as it is stored and carried; `payload` is the encoded JSON text. */
export const Envelope = Schema.Struct({
  id: Schema.String,
  seq: Schema.Int,
  type: EventType,
  version: Schema.Int,
  atMs: Schema.Int,
  correlationId: Schema.String,
  causationId: Schema.NullOr(Schema.String),
  traceparent: Schema.NullOr(Schema.String),
  payload: Schema.String,
})
export type Envelope = typeof Envelope.Type

/** An {@link Envelope} whose payload has been decoded. */
export type DomainEvent<T extends EventType = EventType> = {
  readonly [K in T]: Omit<Envelope, "payload" | "type"> & {
    readonly type: K
    readonly payload: EventPayload<K>
  }
}[T]

/** The version each type is written with today. */
export const eventVersion = 1

const codecs = new Map<string, Schema.Codec<unknown, string>>(
  Object.entries(eventTypes).map(([type, schema]) => [
    type,
    Schema.fromJsonString(schema as unknown as Schema.Codec<unknown, unknown>),
  ]),
)

const encoders = new Map([...codecs].map(([type, codec]) => [type, Schema.encodeSync(codec)]))

/** A payload as JSON text. */
export const encodePayload = (draft: EventDraft): string => encoders.get(draft.type)!(draft.payload)

/** An envelope with its payload decoded; fails when the text does not fit the type. */
export const decodeEvent = (envelope: Envelope): Result.Result<DomainEvent, Schema.SchemaError> =>
  Result.map(
    Schema.decodeResult(codecs.get(envelope.type)!)(envelope.payload),
    (payload) => ({ ...envelope, payload }) as DomainEvent,
  )
