/**
 * `doctor`: is this machine fit to run the service, and does the venue behave as we take for granted?
 *
 * Without `--live` the venue of the profile is asked, by default the embedded one, which needs no
 * network; `--live` asks the real one whatever the profile. Nothing is written but, with `--save`, the
 * venue's bodies and frames, scrubbed of people. Works beside a running service.
 */
import { Clock, Duration, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { FetchHttpClient } from "effect/http"
import * as Socket from "effect/socket/Socket"
import { existsSync, statfsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { layerFolder } from "@evaluator/polymarket/BodyFolder"
import { examine } from "@evaluator/polymarket/doctor/Doctor"
import type { Finding } from "@evaluator/polymarket/doctor/Probe"
import { VenueEndpoints } from "@evaluator/polymarket/VenueEndpoints"
import { describeVenue, locate } from "../DirectoryFiles.ts"
import type { SettingsShape } from "../Settings.ts"
import { openVenue } from "../Venue.ts"
import { settingsFor } from "./Directory.ts"
import { FaultsFound } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { printRows } from "./Output.ts"

const leastNode = 24
const leastFreeBytes = 1024 ** 3
const listenByDefault = Duration.seconds(10)

/** The folder itself or the nearest one above it that is there. */
const nearest = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearest(dirname(path))

/** What can be told without the venue. */
const machineFindings = (settings: SettingsShape): ReadonlyArray<Finding> => {
  const directory = resolve(settings.data.dir)
  const known = locate(directory).venue
  const { bavail, bsize } = statfsSync(nearest(directory))
  const free = bavail * bsize
  const node = process.versions.node
  return [
    {
      id: "node",
      assumption: `Node is of version ${leastNode} or later`,
      holds: Number(node.split(".")[0]) >= leastNode ? "holds" : "fails",
      says: node,
    },
    {
      id: "data-directory",
      assumption: "the data directory is new, or of the venue that the settings name",
      holds: known === null || known.kind === settings.venue.kind ? "holds" : "fails",
      says: known === null ? "no data yet" : `data of ${describeVenue(known)}`,
    },
    {
      id: "disk",
      assumption: "a gigabyte is free where the data lies",
      holds: free >= leastFreeBytes ? "holds" : "fails",
      says: `${(free / 1024 ** 3).toFixed(1)} GiB free`,
    },
  ]
}

const whereSaved = (folder: string): string =>
  existsSync(folder)
    ? `the venue's bodies are in ${folder}`
    : `the venue sent nothing: there is nothing in ${folder}`

const live = Flag.Boolean("live").pipe(
  Flag.withDescription(
    "Ask the real venue, whatever the profile; about seventy requests, reads only",
  ),
  Flag.withDefault(false),
)

const save = Flag.String("save").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription(
    "Keep the venue's bodies and frames there, without people's names, pictures and texts",
  ),
  Flag.optional,
  Flag.map(Option.getOrNull),
)

export const doctorCommand = Command.make(
  "doctor",
  {
    live,
    save,
    listen: Flags.duration(
      "listen",
      "How long each socket is listened to, by default 10s; 10m shows silences and ends of markets",
    ),
    data: Flags.data,
    profiles: Flags.profiles,
    json: Flags.json,
    csv: Flags.csv,
  },
  Effect.fn("cli doctor")(function* (flags) {
    const { settings } = yield* settingsFor(flags)
    const { kind, seed } = settings.venue
    const embedded = kind === "embedded" && !flags.live
    const venue = yield* openVenue(settings, {
      kind: embedded ? "embedded" : "polymarket",
      seed: embedded ? seed : null,
      epochMs: yield* Clock.currentTimeMillis,
    })
    const recording = flags.save === null ? Layer.empty : layerFolder(resolve(flags.save))
    const asked = examine({
      listenFor: flags.listen ?? listenByDefault,
      tradeStream: venue.endpoints.stream !== "",
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          VenueEndpoints.layerOf(venue.endpoints),
          FetchHttpClient.layer,
          Socket.layerWebSocketConstructorGlobal,
          recording,
        ),
      ),
    )
    const findings = [...machineFindings(settings), ...(yield* asked)]
    const rows = findings.map(({ assumption, holds, id, says }) => ({
      id,
      holds,
      assumption,
      says,
    }))
    const failing = findings.filter(({ holds }) => holds === "fails")
    const failed = failing.length
    // A cell of the table may be too narrow for what went wrong.
    const told = failing.map(({ assumption, says }) => `not so: ${assumption}\n  ${says}`)
    if (flags.save !== null) told.push(whereSaved(resolve(flags.save)))
    yield* printRows(flags, {
      document: { venue: embedded ? "embedded" : "polymarket", failed, findings: rows },
      rows,
      note: told.length === 0 ? null : told.join("\n"),
    })
    if (failed > 0) return yield* new FaultsFound({ check: "doctor", count: failed })
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Which of our assumptions about this machine and the venue hold: exit 0 when none fails, 4 otherwise",
  ),
  Command.withExamples([
    { command: "trader-evaluator doctor", description: "This machine and the embedded venue" },
    {
      command: "trader-evaluator doctor --live --listen 10m",
      description: "The real venue, long enough to see its sockets fall silent and markets end",
    },
    {
      command: "trader-evaluator doctor --live --save probes",
      description: "The real venue; its bodies are kept in probes/",
    },
  ]),
)
