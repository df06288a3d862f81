import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { type ControlHandlers, ControlRefused } from "@evaluator/app/Control"
import { AlreadyRunning, hold } from "@evaluator/app/DataDirectory"
import { parseBooks } from "@evaluator/app/cli/ReplayCommand"
import type { ReplayOptions, RunOptions } from "@evaluator/app/cli/RunOptions"
import { version } from "@evaluator/app/Version"
import { command } from "./Terminal.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cli-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

const runWith = Effect.fnUntraced(function* (...argv: ReadonlyArray<string>) {
  const asked: Array<RunOptions> = []
  const said = yield* command(["run", ...argv], {
    run: (options) => Effect.sync(() => void asked.push(options)),
  })
  return { said, asked: asked[0] }
})

const replayWith = Effect.fnUntraced(function* (...argv: ReadonlyArray<string>) {
  const asked: Array<ReplayOptions> = []
  const said = yield* command(["replay", ...argv], {
    replay: (options) => Effect.sync(() => void asked.push(options)),
  })
  return { said, asked: asked[0] }
})

describe("run", () => {
  it.effect("without flags is the embedded profile, without end", () =>
    Effect.gen(function* () {
      const { said, asked } = yield* runWith()
      assert.strictEqual(said.code, 0)
      assert.deepStrictEqual(asked?.loaded.profiles, ["embedded"])
      assert.strictEqual(asked?.loaded.settings.venue.kind, "embedded")
      assert.isNull(asked?.for)
      assert.isFalse(asked?.json)
    }),
  )

  it.effect("takes profiles in their order, a duration and a directory", () =>
    Effect.gen(function* () {
      const { asked } = yield* runWith(
        ..."--profile polymarket --profile small-box --for 1.5m --data /elsewhere --json".split(
          " ",
        ),
      )
      assert.deepStrictEqual(asked?.loaded.profiles, ["polymarket", "small-box"])
      assert.strictEqual(asked?.loaded.settings.venue.kind, "polymarket")
      assert.strictEqual(asked?.loaded.settings.paper.slots, 4)
      assert.strictEqual(Duration.toMillis(asked?.for ?? 0), 90_000)
      assert.strictEqual(asked?.loaded.settings.data.dir, "/elsewhere")
      assert.isTrue(asked?.json)
    }),
  )

  it.effect("ends with the code of what stopped it, its reason on stderr", () =>
    Effect.gen(function* () {
      const said = yield* command(["run"], {
        run: () => Effect.fail(new AlreadyRunning({ directory: "/data", pid: 7 })),
      })
      assert.strictEqual(said.code, 3)
      assert.strictEqual(said.out, "")
      assert.match(said.err, /^another process \(pid 7\) holds \/data/)
    }),
  )

  it.effect("that dies of a fault of ours ends with 1 and the whole cause", () =>
    Effect.gen(function* () {
      const said = yield* command(["run"], { run: () => Effect.die(new Error("a bug")) })
      assert.strictEqual(said.code, 1)
      assert.include(said.err, "a bug")
    }),
  )
})

describe("wrong usage", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
    ["an unknown command", ["runn"], /Unknown subcommand "runn"/],
    ["an unknown flag", ["run", "--profil", "x"], /--profil/],
    ["a duration that is none", ["run", "--for", "soon"], /a duration such as 500ms/],
    ["an unknown profile", ["run", "--profile", "moon"], /moon/],
    ["a missing argument", ["replay"], /dir/],
    [
      "a folder that is not there",
      ["replay", "/no/such/folder"],
      /"\/no\/such\/folder"\. Expected: a folder, found nothing there/,
    ],
    ["a file in place of a folder", ["replay", import.meta.filename], /a folder, found a file/],
    [
      "a file of settings that is not there",
      ["sim", "--config", "/no/such/mine.toml"],
      /^\/no\/such\/mine\.toml: found no such file/,
    ],
    ["books of no kind", ["replay", ".", "--books", "some"], /Expected: recorded, or assume:/],
    ["an argument too many", ["halt", "now"], /now/],
    ["a limit of nothing", ["events", "--limit", "0"], /Expected: a whole number above 0/],
  ]
  for (const [name, argv, words] of cases) {
    it.effect(`exits 2 with the reason on stderr and nothing on stdout: ${name}`, () =>
      Effect.gen(function* () {
        const said = yield* command(argv)
        assert.strictEqual(said.code, 2)
        assert.strictEqual(said.out, "")
        assert.match(said.err, words)
      }),
    )
  }
})

describe("help and version", () => {
  it.effect("are printed on stdout with exit 0, with an example for every command", () =>
    Effect.gen(function* () {
      const root = yield* command(["--help"])
      assert.strictEqual(root.code, 0)
      const names = [...root.out.matchAll(/^\s{2,}([a-z]+)\s{2,}\S/gm)].map(([, name]) => name!)
      assert.includeMembers(names, ["run", "replay", "job", "halt", "resume", "config", "db"])
      for (const name of names) {
        const help = yield* command([name, "--help"])
        assert.strictEqual(help.code, 0, name)
        assert.match(help.out, /EXAMPLES/, name)
        for (const [, sub] of help.out.matchAll(/^\s{2,}([a-z]+)\s{2,}\S/gm)) {
          const deeper = yield* command([name, sub!, "--help"])
          if (deeper.code === 0) assert.match(deeper.out, /EXAMPLES/, `${name} ${sub}`)
        }
      }
    }),
  )

  it.effect("say the version of package.json", () =>
    Effect.gen(function* () {
      const manifest = JSON.parse(
        readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
      ) as { version: string }
      assert.strictEqual(version, manifest.version)
      assert.include((yield* command(["--version"])).out, version)
    }),
  )
})

describe("replay", () => {
  it.effect("takes books, follow and a kept directory, on the replay profile", () =>
    Effect.gen(function* () {
      const recording = yield* temporary
      const { asked, said } = yield* replayWith(
        recording,
        ..."--follow all --books assume:0.02 --keep kept".split(" "),
      )
      assert.strictEqual(said.code, 0)
      assert.strictEqual(asked?.recording, resolve(recording))
      assert.strictEqual(asked?.follow, "all")
      assert.deepStrictEqual(asked?.books, { kind: "assumed", spread: 20_000 as never })
      assert.strictEqual(asked?.keep, "kept")
      assert.deepStrictEqual(asked?.loaded.profiles, ["replay"])
    }),
  )

  it.effect("reads a file of settings on top", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const file = join(directory, "mine.toml")
      writeFileSync(file, "[paper]\nbuy_size = 10\n")
      const { asked } = yield* replayWith(directory, "--config", file)
      assert.strictEqual(asked?.loaded.settings.paper.buy_size, 10_000_000)
      assert.isNull(asked?.keep)
    }),
  )

  it("knows a spread from nonsense", () => {
    assert.deepStrictEqual(parseBooks("recorded"), { kind: "recorded" })
    for (const text of ["assume:", "assume:0", "assume:1", "assume:-0.1", "assume:x", "other"]) {
      assert.isNull(parseBooks(text), text)
    }
  })
})

describe("config", () => {
  it.effect("check says how many settings are fine", () =>
    Effect.gen(function* () {
      const said = yield* command(["config", "check"])
      assert.strictEqual(said.code, 0)
      assert.match(said.out, /^\d+ settings are complete/)
    }),
  )

  it.effect("show names the source of each value, also as JSON and CSV", () =>
    Effect.gen(function* () {
      const table = yield* command(["config", "show", "--profile", "polymarket"])
      assert.match(table.out, /venue\.kind\s+polymarket\s+config\/polymarket\.toml/)
      const json = JSON.parse((yield* command(["config", "show", "--json"])).out) as {
        settings: Record<string, { value: unknown; source: string }>
      }
      assert.deepStrictEqual(json.settings["http.port"], {
        value: 9094,
        source: "config/service.toml",
      })
      const csv = yield* command(["config", "show", "--csv"])
      assert.match(csv.out, /^setting,value,source\r\n/)
      const both = yield* command(["config", "show", "--csv", "--json"])
      assert.strictEqual(both.code, 2)
    }),
  )
})

const handlers = (log: Array<string>): ControlHandlers => ({
  state: Effect.die("not asked"),
  jobs: Effect.succeed([
    {
      name: "score-events",
      about: "Scores markets.",
      lane: "evaluation",
      everyMs: 3_600_000,
      at: null,
      concurrency: 4,
      running: false,
      stalled: null,
      last: null,
    },
  ]),
  wiring: Effect.succeed({
    jobs: [{ name: "score-events", emits: ["MarketsScored"] }],
    queues: [],
  }),
  runJob: (job) =>
    Effect.suspend(() => {
      if (job === "no-such-job") {
        return Effect.fail(new ControlRefused({ code: "unknown-job", why: "not here" }))
      }
      log.push(`run ${job}`)
      return Effect.succeed({
        id: 1,
        job,
        cause: "command",
        startedAtMs: 0,
        endedAtMs: 1500,
        outcome: job === "score-events" ? ("completed" as const) : ("failed" as const),
        counts: { markets: 12 },
        error: job === "score-events" ? null : "the venue was down",
        cursor: null,
      })
    }),
  halt: (request) =>
    Effect.sync(() => {
      log.push(`halt ${request.strategy} ${request.reason} ${request.untilMs}`)
      return { halted: true, ...request }
    }),
  resume: ({ strategy }) =>
    Effect.succeed({ strategy, halted: false, reason: null, untilMs: null }),
  freeStuck: ({ fill, reason, strategy, verb }) =>
    Effect.suspend(() => {
      log.push(`${verb} ${fill} ${strategy} ${reason}`)
      return verb === "void"
        ? new ControlRefused({ code: "not-possible", why: "it stays stuck" })
        : Effect.succeed({ freed: [{ fill, strategy: "solo" as const, book: "solo:0x1" }] })
    }),
  queues: Effect.die("not asked"),
  pauseQueue: () => Effect.die("not asked"),
  resumeQueue: () => Effect.die("not asked"),
  redrive: () => Effect.die("not asked"),
  replay: () => Effect.die("not asked"),
  approveWallet: (wallet) => Effect.succeed({ wallet, from: "PAPER_TRADING", to: "APPROVED" }),
})

describe("a command that acts while no service runs", () => {
  const acting = Effect.fnUntraced(function* (directory: string, ...argv: ReadonlyArray<string>) {
    const log: Array<string> = []
    const said = yield* command([...argv, "--data", directory], {
      alone: (held, { settings }) =>
        Effect.sync(() => {
          log.push(`${held.venue.kind} ${settings.venue.kind}`)
          return handlers(log)
        }),
    })
    return { log, said }
  })

  it.effect("does it alone under the lock, with the profile of the directory's venue", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "data")
      yield* hold({ directory, venue: { kind: "polymarket", seed: null } }).pipe(Effect.scoped)
      const { log, said } = yield* acting(directory, "job", "run", "score-events")
      assert.strictEqual(said.code, 0)
      assert.deepStrictEqual(log, ["polymarket polymarket", "run score-events"])
      assert.match(said.out, /score-events\s+completed\s+1\.5s\s+markets 12/)
    }),
  )

  it.effect("exits 1 with the run's error when the job failed", () =>
    Effect.gen(function* () {
      const { said } = yield* acting(join(yield* temporary, "data"), "job", "run", "other-job")
      assert.strictEqual(said.code, 1)
      assert.include(said.err, "job other-job failed: the venue was down")
    }),
  )

  it.effect("exits 2 and names the jobs there are when none has the name", () =>
    Effect.gen(function* () {
      const { said } = yield* acting(join(yield* temporary, "data"), "job", "run", "no-such-job")
      assert.strictEqual(said.code, 2)
      assert.include(said.err, "no job is called no-such-job; there are score-events")
    }),
  )

  it.effect("lists jobs as a table and as a document", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "data")
      const { said } = yield* acting(directory, "job", "list")
      assert.match(said.out, /score-events\s+evaluation\s+1h\s+4\s/)
      const json = yield* acting(directory, "job", "list", "--json")
      assert.strictEqual(JSON.parse(json.said.out).jobs[0].name, "score-events")
    }),
  )

  it.effect("frees a stuck copy, and exits 1 when it stays stuck or 2 without a reason", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "data")
      const id = "0123456789abcdef".repeat(2)
      const words = (verb: string, ...more: ReadonlyArray<string>) =>
        acting(directory, "copies", verb, id, ...more)
      const done = yield* words("retry", "--reason", "mended", "--strategy", "solo")
      assert.strictEqual(done.said.code, 0)
      assert.include(done.log, `retry ${id} solo mended`)
      assert.include(done.said.out, "compensated")
      const refused = yield* words("void", "--reason", "mended")
      assert.deepStrictEqual([refused.said.code, refused.said.err], [1, "it stays stuck"])
      assert.strictEqual((yield* words("retry")).said.code, 2)
      const odd = yield* acting(directory, "copies", "retry", "7", "--reason", "mended")
      assert.strictEqual(odd.said.code, 2)
    }),
  )

  it.effect("turns --until into a time", () =>
    Effect.gen(function* () {
      const { log, said } = yield* acting(
        join(yield* temporary, "data"),
        "halt",
        "--reason",
        "looks odd",
        "--until",
        "2h",
      )
      assert.strictEqual(said.code, 0)
      // The test clock stands at 0.
      assert.include(log, `halt portfolio looks odd ${2 * 3_600_000}`)
      assert.match(said.out, /halted\s+looks odd\s+1970-01-01 02:00:00Z/)
    }),
  )

  it.effect("approves a wallet by its address, which `wallet` alone would only show", () =>
    Effect.gen(function* () {
      const address = `0x${"ab".repeat(20)}`
      const directory = join(yield* temporary, "data")
      const { said } = yield* acting(directory, "wallet", "approve", address, "--json")
      assert.strictEqual(said.code, 0)
      assert.deepStrictEqual(JSON.parse(said.out), {
        wallet: address,
        from: "PAPER_TRADING",
        to: "APPROVED",
      })
      const wrong = yield* acting(directory, "wallet", "approve", "0x12")
      assert.strictEqual(wrong.said.code, 2)
    }),
  )

  it.effect("exits 3 when another process holds the directory", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "data")
      yield* hold({ directory, venue: { kind: "embedded", seed: 42 } })
      const { said } = yield* acting(directory, "resume")
      assert.strictEqual(said.code, 3)
    }),
  )
})

describe("a reader of a directory without data", () => {
  it.effect("exits 2 and says what to do", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "empty")
      mkdirSync(directory)
      for (const argv of [["events"], ["db", "check"], ["db", "backup"]]) {
        const said = yield* command([...argv, "--data", directory])
        assert.strictEqual(said.code, 2, argv.join(" "))
        assert.match(said.err, /holds no data yet/)
      }
    }),
  )
})
