import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { encodePayload, type Envelope, type EventDraft } from "@evaluator/domain/event/DomainEvent"
import { bytesToHex, type FillId, hexToBytes } from "@evaluator/domain/Id"
import { CopyProjection } from "@evaluator/evaluation/CopyProjection"
import { LaneLink } from "@evaluator/runtime/LaneLink"
import { TestClock } from "effect/testing"
import { conditionNo, walletNo } from "./support/Rows.ts"
import { countRows, withLane } from "./support/WithLane.ts"

const wallet = walletNo(1)
const fillNo = (n: number) => n.toString(16).padStart(32, "0") as FillId

const decided = (n: number): EventDraft => ({
  type: "CopyDecided",
  payload: {
    fill: fillNo(n),
    strategy: "solo",
    wallet,
    condition: conditionNo(1),
    outcome: "COPIED",
    costMicro: 25_000_000,
    leaderAtMs: n,
  },
})
const settled = (
  n: number,
  pnlMicro: number,
  sold?: { readonly size: number; readonly fee: number },
): EventDraft => ({
  type: "CopySettled",
  payload: {
    fill: fillNo(n),
    strategy: "solo",
    wallet,
    condition: conditionNo(1),
    pnlMicro,
    cause: "resolved",
    ...(sold !== undefined && { sold }),
  },
})

const envelope = (draft: EventDraft, seq: number): Envelope => ({
  id: `event-${seq}`,
  seq,
  type: draft.type,
  version: 1,
  atMs: seq,
  correlationId: `event-${seq}`,
  causationId: null,
  traceparent: null,
  payload: encodePayload(draft),
})

const copyKey = ({ payload }: Envelope) => {
  const { fill, strategy } = JSON.parse(payload) as { fill: string; strategy: string }
  return `${fill} ${strategy}`
}

/** The paper lane's side: a log that can be replaced by another, and its results on request. */
const paperLane = (drafts: ReadonlyArray<EventDraft>) => {
  const lane = {
    logId: "log-1",
    events: drafts.map((draft, index) => envelope(draft, index + 1)),
    /** Pages asked for so far, and the one that gets no answer. */
    asked: 0,
    silentAt: 0,
  }
  const [here, there] = LaneLink.inlinePair()
  const positionOf = (event: Envelope | undefined) => ({
    logId: lane.logId,
    seq: event?.seq ?? 0,
    eventId: event?.id ?? null,
  })
  const serve = Effect.gen(function* () {
    yield* there.serve("paper.pull", (payload) =>
      Effect.sync(() => {
        const { cursor } = payload as { cursor: { logId: string; seq: number } | null }
        const matched = cursor !== null && cursor.logId === lane.logId
        return {
          matched,
          head: positionOf(lane.events.at(-1)),
          events: matched ? lane.events.filter((event) => event.seq > cursor.seq) : [],
        }
      }),
    )
    yield* there.serve("paper.copy-results", (payload) =>
      Effect.suspend(() => {
        const { after, kind } = payload as { after: string | null; kind: "decided" | "settled" }
        lane.asked += 1
        if (lane.asked === lane.silentAt) return Effect.fail("busy")
        const type = kind === "decided" ? "CopyDecided" : "CopySettled"
        const all = lane.events
          .filter((event) => event.type === type)
          .map((event) => (kind === "settled" ? event : { ...event, id: copyKey(event) }))
          .filter(({ id }) => id > (after ?? ""))
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        const events = all.slice(0, 2)
        return Effect.succeed({ events, next: all.length > 2 ? events.at(-1)!.id : null })
      }),
    )
  })
  const layer = CopyProjection.layer.pipe(
    Layer.provide(Layer.effectDiscard(serve)),
    Layer.provide(Layer.succeed(LaneLink, here)),
  )
  return { lane, layer, hint: there.tell("paper.hint", null) }
}

const watchedWallet = SqlClient.SqlClient.use(
  (sql) => sql`INSERT INTO wallets (wallet, source, discovered_at_ms)
    VALUES (${hexToBytes(wallet)}, 'HOLDER', 0)`,
).pipe(Effect.orDie)

const evidence = SqlClient.SqlClient.use(
  (sql) => sql<{ fill: Uint8Array; pnl: number }>`SELECT fill, pnl FROM copy_settlements
    ORDER BY event_id`,
).pipe(
  Effect.map((rows) => rows.map((row) => [Number(bytesToHex(row.fill)), row.pnl])),
  Effect.orDie,
)

describe("the projection of our copies", () => {
  it.effect("takes what the paper lane knew before, then what it tells, each once", () => {
    const paper = paperLane([decided(1), settled(1, 700), decided(2)])
    return Effect.gen(function* () {
      yield* watchedWallet
      yield* Layer.build(paper.layer)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* countRows("copy_results"), 2)
      assert.deepStrictEqual(yield* evidence, [[1, 700]])
      paper.lane.events.push(envelope(settled(2, -300), 4))
      yield* paper.hint
      yield* TestClock.adjust("1 second")
      yield* paper.hint
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* evidence, [
        [1, 700],
        [2, -300],
      ])
      const sql = yield* SqlClient.SqlClient
      const [due] = yield* sql<{ rules_due_ms: number }>`SELECT rules_due_ms FROM wallets`
      assert.strictEqual(due!.rules_due_ms, 2)
    }).pipe(withLane())
  })

  it.effect("learns what was sold of a copy whose end was told without it", () => {
    const paper = paperLane([decided(1), settled(1, 700), decided(2)])
    return Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const sold = sql<{ sold: number | null; sale_fee: number | null }>`SELECT sold, sale_fee
        FROM copy_settlements`.pipe(Effect.map((rows) => rows.map((row) => ({ ...row }))))
      yield* Layer.build(paper.layer)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* sold, [{ sold: null, sale_fee: null }])
      paper.lane.events[1] = envelope(settled(1, 700, { size: 20, fee: 3 }), 2)
      yield* sql`DELETE FROM cursors`
      yield* paper.hint
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* sold, [{ sold: 20, sale_fee: 3 }])
      assert.deepStrictEqual(yield* evidence, [[1, 700]])
    }).pipe(withLane())
  })

  it.effect("derives its state again when the paper lane's log is another one", () => {
    const paper = paperLane([decided(1), settled(1, 700)])
    return Effect.gen(function* () {
      yield* Layer.build(paper.layer)
      yield* TestClock.adjust("1 second")
      paper.lane.logId = "log-2"
      paper.lane.events.splice(0, 2, envelope(decided(7), 1), envelope(settled(7, 50), 2))
      paper.lane.events[1] = { ...paper.lane.events[1]!, id: "event-of-log-2" }
      yield* paper.hint
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* evidence, [[7, 50]], "what it no longer knows of goes")
      assert.strictEqual(yield* countRows("copy_results"), 1)
    }).pipe(withLane())
  })

  it.effect("loses nothing when the paper lane does not answer every page of a rewind", () => {
    const drafts = [1, 2, 3, 4, 5].flatMap((n) => [decided(n), settled(n, n)])
    const paper = paperLane(drafts)
    paper.lane.silentAt = 2
    return Effect.gen(function* () {
      yield* Layer.build(paper.layer)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* countRows("cursors"), 0, "the head is not taken")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* countRows("copy_results"), 5)
      assert.strictEqual((yield* evidence).length, 5)
      assert.strictEqual(yield* countRows("cursors"), 1)
    }).pipe(withLane())
  })

  it.effect("asks for the pages while others may write", () => {
    const paper = paperLane([decided(1)])
    return Effect.gen(function* () {
      paper.lane.silentAt = 2
      yield* Layer.build(paper.layer)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* countRows("copy_results"), 1, "the first page stands by itself")
    }).pipe(withLane())
  })
})
