/**
 * `events replay`: asks that a range of one lane's events be delivered to its subscriber again.
 *
 * A running service does it itself (`runtime/EventReplay.ts`). Without one the events are put beside the
 * subscriber's dead letters and applied when it has started.
 */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Envelope } from "@evaluator/domain/event/DomainEvent"
import * as DeadLetters from "@evaluator/runtime/DeadLetters"
import { type EventRow, toEnvelope } from "@evaluator/runtime/EventLog"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { replayedAtOnce } from "@evaluator/runtime/EventReplay"
import { LaneName } from "../Control.ts"
import { connect } from "../ControlClient.ts"
import { locate } from "../DirectoryFiles.ts"
import { dataDirectoryFor } from "./Directory.ts"
import { NotFound, WrongUsage } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { laneFile } from "./Reader.ts"
import { writing } from "./Writer.ts"

const range = Effect.fnUntraced(function* (from: number, to: number) {
  const sql = yield* SqliteClient
  const rows = yield* sql<EventRow>`SELECT * FROM events
    WHERE seq BETWEEN ${from} AND ${to} ORDER BY seq LIMIT ${replayedAtOnce}`.pipe(Effect.orDie)
  return rows.map(toEnvelope)
})

const keepAll = Effect.fnUntraced(function* (source: string, events: ReadonlyArray<Envelope>) {
  const sql = yield* SqliteClient
  yield* Effect.forEach(
    events,
    (event) => DeadLetters.keep({ source, event, cause: "asked for by hand", attempts: 0 }),
    { discard: true },
  ).pipe(sql.withTransaction)
})

const seq = (name: string) =>
  Argument.Int(name).pipe(Argument.withDescription("A seq, as `events` lists it"))

export const eventsReplayCommand = Command.make(
  "replay",
  {
    from: seq("from"),
    to: seq("to"),
    subscriber: Flag.Literals("subscriber", LaneName.literals).pipe(
      Flag.withDescription("Who gets them: the lane that reads the other lane's log"),
    ),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli events replay")(function* ({ from, to, subscriber, ...flags }) {
    if (to < from)
      return yield* new WrongUsage({ why: `the range ends (${to}) before it begins (${from})` })
    const directory = yield* dataDirectoryFor(flags.data)
    const log = subscriber === "paper" ? "evaluation" : "paper"
    const events = yield* range(from, to).pipe(Effect.provide(laneFile(directory, log)))
    if (events.length === 0) {
      return yield* new NotFound({ what: `the ${log} log holds no event from ${from} to ${to}` })
    }
    const running = yield* connect(locate(directory).socket)
    const { count } = yield* Option.match(running, {
      onNone: () =>
        keepAll(subscriber, events).pipe(
          writing(directory, subscriber),
          Effect.as({ count: events.length }),
        ),
      onSome: (service) => service.replay({ subscriber, from, to }),
    })
    yield* printRows(flags, {
      document: { subscriber, log, from, to, events: count },
      rows: [{ subscriber, log, from, to, events: count }],
      note: Option.isSome(running)
        ? "the running service applies them now"
        : "they are applied when the service has started",
    })
  }, Effect.scoped),
).pipe(
  Command.withDescription("Deliver a range of events to a subscriber again; its cursor stays"),
  Command.withShortDescription("Deliver events again"),
  Command.withExamples([{ command: "trader-evaluator events replay 100 250 --subscriber paper" }]),
)
