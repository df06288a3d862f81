import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  configDirectory,
  fromPlain,
  loadSettings,
  logLevel,
  settingPaths,
  toPlain,
} from "@evaluator/app/Settings"
import { variableOf } from "@evaluator/app/SettingSources"
import { longestDelayMs } from "@evaluator/venue/seeded/Rows"
import { longestLateMs } from "@evaluator/venue/faults/FaultyWorld"

type Environment = Readonly<Record<string, string>>

const load = (environment: Environment = {}, profiles: ReadonlyArray<string> = []) =>
  loadSettings({ profiles, environment })

const faults = (environment: Environment, profiles: ReadonlyArray<string> = []) =>
  load(environment, profiles).pipe(
    Effect.flip,
    Effect.map((error) => error.faults),
  )

const profileFile = (text: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = mkdtempSync(join(tmpdir(), "settings-"))
      const path = join(directory, "mine.toml")
      writeFileSync(path, text)
      return { directory, path }
    }),
    ({ directory }) => Effect.sync(() => rmSync(directory, { recursive: true })),
  ).pipe(Effect.map(({ path }) => path))

describe("the shipped configuration", () => {
  it.effect("is complete by itself and under every profile", () =>
    Effect.gen(function* () {
      const profiles = readdirSync(configDirectory())
        .filter((file) => file.endsWith(".toml") && file !== "service.toml")
        .map((file) => file.replace(".toml", ""))
      assert.includeMembers(profiles, ["embedded", "polymarket", "small-box", "replay"])
      const { written } = yield* load()
      assert.sameMembers([...written.keys()], settingPaths())
      for (const profile of profiles) yield* load({}, [profile])
    }),
  )

  it.effect(
    "calls complete what the embedded venue has surely shown, and looks again as long as it may be late",
    () =>
      Effect.gen(function* () {
        for (const profile of ["embedded", "sim"]) {
          const { ingestion, watch } = (yield* load({}, ["embedded", profile])).settings
          for (const lag of [ingestion.visibility_lag, watch.visibility_lag]) {
            assert.isAtLeast(Duration.toMillis(lag), longestDelayMs, profile)
          }
          for (const late of [ingestion.late_rows, watch.late_rows]) {
            assert.isAtLeast(Duration.toMillis(late), longestDelayMs + longestLateMs, profile)
          }
        }
      }),
  )

  it("gives every setting a variable of its own", () => {
    const names = settingPaths().map(variableOf)
    assert.strictEqual(new Set(names).size, names.length)
  })
})

describe("the environment", () => {
  it.effect("wins over files leaf by leaf and leaves the other leaves alone", () =>
    Effect.gen(function* () {
      const before = (yield* load({}, ["embedded"])).settings
      const { settings, written } = yield* load(
        {
          EVALUATOR_PAPER_BANKROLL: "500",
          EVALUATOR_DATA_DIR: "/elsewhere",
          EVALUATOR_SHUTDOWN_DEADLINE: "1.5m",
          EVALUATOR_RULES_BREAKERS: "false",
          EVALUATOR_INGESTION_VISIBILITY_LAG: "7 seconds",
        },
        ["embedded"],
      )
      assert.strictEqual(settings.paper.bankroll, 500_000_000)
      assert.strictEqual(settings.data.dir, "/elsewhere")
      assert.strictEqual(Duration.toMillis(settings.shutdown.deadline), 90_000)
      assert.isFalse(settings.rules.breakers)
      assert.strictEqual(Duration.toMillis(settings.ingestion.visibility_lag), 7000)
      assert.strictEqual(written.get("data.dir")?.source, "environment")
      assert.deepStrictEqual({ ...settings.paper, bankroll: before.paper.bankroll }, before.paper)
    }),
  )

  it.effect("is refused where a name is unknown, and the near one is named", () =>
    Effect.gen(function* () {
      const [fault] = yield* faults({ EVALUATOR_PAPER_BANKROL: "500" })
      assert.strictEqual(fault?.source, "environment")
      assert.strictEqual(fault?.path, "EVALUATOR_PAPER_BANKROL")
      assert.include(fault?.allowed, "EVALUATOR_PAPER_BANKROLL")
    }),
  )

  it.effect("is refused where a value is empty instead of reading it as 0", () =>
    Effect.gen(function* () {
      const [fault] = yield* faults({ EVALUATOR_PAPER_BANKROLL: " " })
      assert.strictEqual(fault?.found, "an empty text")
    }),
  )

  it.effect("may hold the switches of proofs and whatever else is not ours", () =>
    load({ EVALUATOR_KILL_AT: "commit:3", HOME: "home", EVALUATORX: "1" }),
  )
})

describe("a value", () => {
  it.effect("out of range is refused with its path, what was found and what is allowed", () =>
    Effect.gen(function* () {
      const [port] = yield* faults({ EVALUATOR_HTTP_PORT: "70000" })
      assert.deepStrictEqual(port, {
        source: "environment",
        path: "http.port",
        found: '"70000"',
        allowed: "a whole number from 0 to 65535",
      })
      const [duration] = yield* faults({ EVALUATOR_SHUTDOWN_DEADLINE: "soon" })
      assert.include(duration?.allowed, "a duration such as 500ms")
      const [kind] = yield* faults({ EVALUATOR_VENUE_KIND: "nasdaq" })
      assert.include(kind?.allowed, '"polymarket"')
    }),
  )

  it.effect("is reported together with every other fault", () =>
    Effect.gen(function* () {
      const found = yield* faults({
        EVALUATOR_HTTP_PORT: "-1",
        EVALUATOR_PAPER_BANKROLL: "much",
        EVALUATOR_NO_SUCH: "1",
      })
      assert.sameMembers(
        found.map(({ path }) => path),
        ["http.port", "paper.bankroll", "EVALUATOR_NO_SUCH"],
      )
    }),
  )
})

describe("a profile", () => {
  it.effect("holds differences only, and later ones win", () =>
    Effect.gen(function* () {
      const mine = yield* profileFile('[http]\nport = 1234\n[log]\nlevel = "debug"\n')
      const { settings, written } = yield* load({}, ["embedded", mine])
      assert.strictEqual(settings.http.port, 1234)
      assert.strictEqual(logLevel(settings), "Debug")
      assert.strictEqual(written.get("http.port")?.source, mine)
      assert.strictEqual(written.get("http.host")?.source, "config/service.toml")
    }),
  )

  it.effect("with an unknown key is refused, file and near name given", () =>
    Effect.gen(function* () {
      const mine = yield* profileFile("[http]\nprot = 1\n[papers]\nbankroll = 1\n")
      const found = yield* faults({}, [mine])
      assert.deepStrictEqual(
        found.map(({ source, path }) => [source, path]),
        [
          [mine, "http.prot"],
          [mine, "papers.bankroll"],
        ],
      )
      assert.include(found[0]?.allowed, "http.port")
      assert.include(found[1]?.allowed, "paper.bankroll")
    }),
  )

  it.effect("that is no TOML is refused with the place of the mistake", () =>
    Effect.gen(function* () {
      const mine = yield* profileFile("[http\nport = 1\n")
      const [fault] = yield* faults({}, [mine])
      assert.strictEqual(fault?.source, mine)
      assert.match(fault?.found ?? "", /line/)
    }),
  )

  it.effect("that does not exist is refused by name", () =>
    Effect.gen(function* () {
      const [fault] = yield* faults({}, ["polimarket"])
      assert.strictEqual(fault?.path, "polimarket")
    }),
  )
})

describe("settings that contradict each other", () => {
  const cases: ReadonlyArray<readonly [string, Environment, string]> = [
    ["a drain cut off at once", { EVALUATOR_SHUTDOWN_DEADLINE: "5ms" }, "shutdown.deadline"],
    ["a URL without a scheme", { EVALUATOR_VENUE_DATA_URL: "data.example" }, "venue.data_url"],
    [
      "a rule that no accumulator can pass",
      { EVALUATOR_RULES_MIN_TRADES_30D: "50" },
      "rules.min_trades_30d",
    ],
    [
      "evidence that no accumulator can give",
      { EVALUATOR_RULES_MIN_SETTLED_COPIES: "100" },
      "rules.min_settled_copies",
    ],
    [
      "a holding time above that of the most patient",
      { EVALUATOR_RULES_MIN_MEDIAN_HOLD_MINUTES: "3000" },
      "rules.min_median_hold_minutes",
    ],
    [
      "more markets than the rules let through",
      { EVALUATOR_PERSONAS_GENERALIST_MIN_MARKETS: "500" },
      "personas.generalist_min_markets",
    ],
    [
      "a purchase above the bankroll",
      { EVALUATOR_PAPER_BUY_SIZE: "5000", EVALUATOR_PAPER_SOLO_BANKROLL: "5000" },
      "paper.buy_size",
    ],
    [
      "a purchase above a wallet's own bankroll",
      { EVALUATOR_PAPER_SOLO_BANKROLL: "10" },
      "paper.solo_bankroll",
    ],
    [
      "a book that sells only from a drawdown on at which it already does nothing",
      { EVALUATOR_PAPER_DRAWDOWN_REDUCE: "0.2" },
      "paper.drawdown_reduce",
    ],
    [
      "a feed that is stale before its next poll",
      { EVALUATOR_WATCH_STALE_AFTER: "50s" },
      "watch.stale_after",
    ],
    [
      "a wait for a worker that is longer than a wallet's period",
      { EVALUATOR_INGESTION_WORST_DELAY: "1h" },
      "ingestion.worst_delay",
    ],
    [
      "a cap below the least purchase",
      { EVALUATOR_PAPER_WALLET_EXPOSURE: "0.001" },
      "paper.wallet_exposure",
    ],
    [
      "an empty range of days",
      { EVALUATOR_SCORING_MIN_DAYS_TO_EXPIRY: "90" },
      "scoring.min_days_to_expiry",
    ],
    [
      "scores that are worth nothing at once",
      { EVALUATOR_WALLET_SCORING_HALF_LIFE: "0s" },
      "wallet_scoring.half_life",
    ],
    [
      "a daily loss above the weekly",
      { EVALUATOR_PAPER_PORTFOLIO_DAILY_LOSS: "0.5" },
      "paper.portfolio_daily_loss",
    ],
  ]
  for (const [name, environment, path] of cases) {
    it.effect(`are refused: ${name}`, () =>
      Effect.gen(function* () {
        const found = yield* faults(environment)
        assert.deepStrictEqual(
          found.map((fault) => fault.path),
          [path],
        )
        assert.strictEqual(found[0]?.source, "environment")
      }),
    )
  }
})

describe("settings on their way to another thread", () => {
  it.effect("come back the same after a structured clone", () =>
    Effect.gen(function* () {
      const { settings } = yield* load({}, ["embedded"])
      assert.deepStrictEqual(fromPlain(structuredClone(toPlain(settings))), settings)
    }),
  )
})
