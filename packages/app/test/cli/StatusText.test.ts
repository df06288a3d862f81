import { assert, describe, it } from "@effect/vitest"
import { statusText } from "@evaluator/app/cli/StatusText"
import { plain } from "@evaluator/app/cli/Table"
import { status } from "../StatusSample.ts"

describe("the status page", () => {
  it("shows each stage with its share of the stage it is a part of", () => {
    const text = statusText(status, null, plain)
    assert.match(text, /markets scored\s+50\s+25\.0% of markets/)
    assert.match(text, /classified\s+4\s+10\.0% of wallets/)
    assert.match(text, /trades\s+9000\n/)
  })

  it("says whether the service runs, and what is not well with it", () => {
    assert.include(statusText(status, null, plain), "The service is not running.")
    const service = {
      pid: 7,
      version: "0.1.0",
      venue: "embedded",
      startedAtMs: 0,
      alive: true,
      ready: true,
      degraded: ["the venue is down"],
    }
    const text = statusText(status, service, plain)
    assert.match(text, /pid 7, since 1970-01-01 00:00:00Z\), degraded: the venue is down\./)
  })

  it("shows what is due and leaves out what is not", () => {
    const text = statusText(status, null, plain)
    assert.match(text, /wallet-history\s+3/)
    assert.notInclude(text, "market-facts")
  })

  it("counts what is in quarantine by lane, and names only lanes that have any", () => {
    const text = statusText(status, null, plain)
    assert.match(text, /paper\s+3\s+2\s+2026-01-05 12:00:00Z/)
    assert.notMatch(text, /evaluation\s+0/)
  })

  it("says first that copying is halted, and loudly that a ledger does not balance", () => {
    const text = statusText(
      {
        ...status,
        halt: { reason: "looks odd", until_ms: null },
        ledger: { ...status.ledger, balanced: false },
      },
      null,
      plain,
    )
    assert.include(text.split("\n\n")[0], "HALTED: looks odd, until resumed by hand.")
    assert.include(text, "NOT BALANCED")
  })

  it("shows verdicts, markets without facts and why, and the largest tables", () => {
    const text = statusText(status, null, plain, {
      verdicts: { classified: 4, excluded: 30, waiting: 6, discovered: 40 },
      filters: {
        limits: {
          min_liquidity: 1,
          min_volume_24h: 1,
          min_days_to_expiry: 1,
          max_days_to_expiry: 90,
        },
        open: 30,
        passed: 12,
        failed: { VOLUME_TOO_LOW: 17, END_TOO_FAR: 3 },
      },
      facts: {
        conditions: 12,
        described: 10,
        doubted: 1,
        overruled: 3,
        missing: [{ reason: "the venue lists no market under this condition", conditions: 2 }],
      },
      storage: {
        used_bytes: 54_800_000,
        max_bytes: 20_000_000_000,
        gives_up: "bodies",
        tables: [
          {
            table: "trades",
            rows: 1000,
            bytes: 27_300_000,
            rows_per_day: 200,
            bytes_per_day: null,
            keeps: "retention.events",
          },
        ],
      },
    })
    assert.include(text, "Verdicts of 40 wallets")
    assert.match(text, /excluded\s+30/)
    assert.include(text, "Open markets: 12 of 30 pass every filter")
    assert.match(text, /VOLUME_TOO_LOW\s+17/)
    assert.include(text, "10 of 12 have facts; the outcome of 1 is in doubt")
    assert.include(text, "that of 3 was decided despite a doubt")
    assert.match(text, /the venue lists no market under this condition\s+2/)
    assert.include(text, "54.8 MB of 20000.0 MB, bodies given up")
    assert.match(text, /trades\s+1000\s+27\.3 MB\s+200\s+retention\.events/)
  })
})
