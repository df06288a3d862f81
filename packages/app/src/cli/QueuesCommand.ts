/**
 * `queues`, `pause-queue`, `resume-queue`: what the running service's queues hold, and holding one up.
 *
 * Queues live in memory: without a service there are none, and what they would be filled with is
 * under `due` in `status`. A pause is a row and holds over restarts; it can be set and lifted while no
 * service runs.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import type { QueueEntry } from "../Control.ts"
import { connect } from "../ControlClient.ts"
import { locate } from "../DirectoryFiles.ts"
import { dataDirectoryFor, handlersFor } from "./Directory.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"
import { timeOf } from "./Readable.ts"

/** No service answers, so there is no queue to look at. */
export class NoServiceRuns extends Schema.TaggedError<NoServiceRuns>()("NoServiceRuns", {
  directory: Schema.String,
}) {
  override get message(): string {
    return `no service answers for ${this.directory}: queues live in memory; what is due is in \`status\``
  }
}

const holdingUp = ({ paused, pressed }: QueueEntry): string => {
  if (paused !== null) {
    const until = paused.untilMs === null ? "it is resumed" : timeOf(paused.untilMs)
    return `paused until ${until}: ${paused.reason}`
  }
  return pressed ? "pressed" : ""
}

const rowOf = (queue: QueueEntry) => ({
  lane: queue.lane,
  queue: queue.name,
  offered: queue.offered,
  done: queue.done,
  failed: queue.failed,
  dropped: queue.dropped,
  coalesced: queue.coalesced,
  pending: queue.pending,
  of: queue.capacity,
  late: queue.late,
  oldest_ms: queue.oldestMs,
  now: holdingUp(queue),
})

export const queuesCommand = Command.make(
  "queues",
  { data: Flags.data, json: Flags.json, csv: Flags.csv },
  Effect.fn("cli queues")(function* (flags) {
    const directory = yield* dataDirectoryFor(flags.data)
    const running = yield* connect(locate(directory).socket)
    if (Option.isNone(running)) return yield* new NoServiceRuns({ directory })
    const queues = yield* running.value.queues
    yield* printRows(flags, { document: { queues }, rows: queues.map(rowOf) })
  }),
).pipe(
  Command.withDescription(
    "The queues of the running service since its start: offered = done + failed + dropped + coalesced + pending",
  ),
  Command.withShortDescription("The running service's queues"),
  Command.withExamples([{ command: "trader-evaluator queues --json" }]),
)

const queue = Argument.String("queue").pipe(
  Argument.withDescription("The queue's name, as `queues` lists it: wallets-to-ingest"),
)

export const pauseQueueCommand = Command.make(
  "pause-queue",
  {
    queue,
    reason: Flags.reason("by hand"),
    until: Flags.duration("until", "Resume by itself after this long"),
    data: Flags.data,
    json: Flags.json,
  },
  Effect.fn("cli pause-queue")(function* ({ queue: name, reason, until, ...flags }) {
    const handlers = yield* handlersFor({ data: flags.data, profiles: [] })
    const now = yield* Clock.currentTimeMillis
    const untilMs = until === null ? null : now + Duration.toMillis(until)
    const paused = yield* handlers.pauseQueue({ queue: name, reason, untilMs })
    yield* printRows(flags, { document: paused, rows: [rowOf(paused)] })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Take items in and hand none out. The pause survives restarts and leaves an audit row; what is due stays due in its rows.",
  ),
  Command.withShortDescription("Hold a queue up"),
  Command.withExamples([
    {
      command:
        'trader-evaluator pause-queue wallets-to-ingest --reason "venue throttles" --until 2h',
    },
  ]),
)

export const resumeQueueCommand = Command.make(
  "resume-queue",
  { queue, reason: Flags.reason("by hand"), data: Flags.data, json: Flags.json },
  Effect.fn("cli resume-queue")(function* ({ queue: name, reason, ...flags }) {
    const handlers = yield* handlersFor({ data: flags.data, profiles: [] })
    const resumed = yield* handlers.resumeQueue({ queue: name, reason })
    yield* printRows(flags, { document: resumed, rows: [rowOf(resumed)] })
  }, Effect.scoped),
).pipe(
  Command.withDescription("Hand items out again after a pause; leaves an audit row"),
  Command.withShortDescription("Let a queue go on"),
  Command.withExamples([{ command: "trader-evaluator resume-queue wallets-to-ingest" }]),
)
