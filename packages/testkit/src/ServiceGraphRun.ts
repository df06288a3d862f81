/**
 * The proof that the service draws its graph: it runs with a collector beside it, a hand asks it for what
 * hands ask for over the control socket, and a model of Tempo's rules says which edges the spans that came would draw.
 *
 * The edges must be those of {@link goldenEdges}, no more and, in a run that is long enough, no fewer; no
 * service is called by nobody or by itself, and no half of an edge waits for one that never comes.
 */
import { Effect, Fiber, Schedule, Schema } from "effect"
import { handlersAt } from "@evaluator/app/ControlClient"
import { locate } from "@evaluator/app/DirectoryFiles"
import { faultsOf, Summary } from "./Equations.ts"
import { makeOtlpReceiver } from "./OtlpReceiver.ts"
import { blemishesOf, serviceGraph } from "./ServiceGraph.ts"
import { document, type ServiceEntry } from "./ServiceProcess.ts"

/** Tempo's `wait` in config/tempo.yaml. */
const waitMs = 60_000

const edges = (from: string, to: string, type: string) =>
  from
    .split(" ")
    .flatMap((client) => to.split(" ").map((server) => `${client} -> ${server} (${type})`))

/** The graph of docs/telemetry.md. */
export const goldenEdges: ReadonlyArray<string> = [
  ...edges("scoring ingestion settlement ranking", "fast-path", "messaging_system"),
  ...edges("fast-path", "paper-saga", "messaging_system"),
  ...edges("paper-saga settlement", "ranking", "messaging_system"),
  ...edges(
    "scheduler",
    "scoring discovery ingestion classification ranking paper-saga settlement maintenance",
    "messaging_system",
  ),
  ...edges("cli", "ranking", "messaging_system"),
  ...edges("cli", "paper-saga maintenance", ""),
  ...edges("operator", "http", "virtual_node"),
  ...edges("scoring discovery settlement", "polymarket-gamma polymarket-data", "virtual_node"),
  ...edges("ingestion", "polymarket-data", "virtual_node"),
  ...edges(
    "scoring discovery ingestion settlement classification ranking paper-saga maintenance",
    "sqlite",
    "database",
  ),
]

/** Drawn where a book, a price of long ago or a second word on an outcome has to be fetched. */
const seldomEdges: ReadonlyArray<string> = edges(
  "paper-saga settlement ranking",
  "polymarket-clob",
  "virtual_node",
)

/** What was merged into a message that waited draws its edge by the peer it names. */
const isGolden = (edge: string): boolean =>
  goldenEdges.includes(edge) ||
  seldomEdges.includes(edge) ||
  goldenEdges.includes(edge.replace("(virtual_node)", "(messaging_system)"))

export interface GraphPlan {
  readonly entry: ServiceEntry
  readonly dataDir: string
  /** How long the run lasts, in the service's words. */
  readonly runFor: string
  readonly seed: number
}

export interface GraphRun {
  readonly spans: number
  /** How often each edge was drawn. */
  readonly edges: Readonly<Record<string, number>>
  readonly missing: ReadonlyArray<string>
  readonly faults: ReadonlyArray<string>
}

class NotListening extends Schema.TaggedError<NotListening>()("NotListening", {
  dataDir: Schema.String,
}) {}

/** Where the service listens, once it says so. */
const listening = (dataDir: string) =>
  Effect.suspend(() => {
    const { ports, socket } = locate(dataDir)
    const port = ports?.ports["http"]
    return socket === null || port === undefined
      ? Effect.fail(new NotListening({ dataDir }))
      : Effect.succeed({ port, service: handlersAt(socket) })
  }).pipe(Effect.retry({ times: 600, schedule: Schedule.spaced("200 millis") }))

/** What a hand asks of a running service. */
const askAll = Effect.fnUntraced(function* ({ dataDir }: GraphPlan) {
  const { port, service } = yield* listening(dataDir)
  const reason = "a look at the graph"
  const strategy = "portfolio"
  yield* service.halt({ strategy, reason, untilMs: null })
  yield* service.resume({ strategy, reason })
  yield* service.pauseQueue({ queue: "wallets-to-ingest", reason, untilMs: null })
  yield* service.resumeQueue({ queue: "wallets-to-ingest", reason })
  const page = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/`))
  yield* Effect.promise(() => page.text())
  yield* service.runJob("apply-rules")
  return page.status === 200 ? [] : [`GET / answered ${page.status}`]
})

/** Runs the service once and holds its graph against the golden one. */
export const graphRun = Effect.fnUntraced(function* (plan: GraphPlan) {
  const receiver = yield* makeOtlpReceiver()
  const running = yield* Effect.forkChild(
    document(
      plan.entry,
      {
        args: ["run", "--for", plan.runFor, "--json"],
        env: {
          EVALUATOR_DATA_DIR: plan.dataDir,
          EVALUATOR_HTTP_PORT: "0",
          EVALUATOR_VENUE_SEED: String(plan.seed),
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        },
        within: "6 minutes",
      },
      Summary,
    ),
  )
  const refused = yield* askAll(plan)
  const summary = yield* Fiber.join(running)
  const graph = serviceGraph(receiver.spans, waitMs)
  const drawn = Object.keys(graph.edges)
  const run: GraphRun = {
    spans: receiver.spans.length,
    edges: graph.edges,
    missing: goldenEdges.filter((edge) => !drawn.includes(edge)),
    faults: [
      ...refused,
      ...faultsOf(summary),
      ...blemishesOf(graph).map((edge) => `${edge} is no edge between two services`),
      ...drawn.filter((edge) => !isGolden(edge)).map((edge) => `${edge} is not golden`),
      ...(graph.lost === 0 ? [] : [`${graph.lost} halves of edges never found the other`]),
    ],
  }
  return run
}, Effect.scoped)
