/**
 * What this service asks of a SQLite driver, as one suite that any driver's layer can be put to:
 * ours always, the official one when it loads. Every check has a file of its own.
 */
import { describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { Check } from "./conformance/Check.ts"
import { guardChecks } from "./conformance/Guard.ts"
import { statementChecks } from "./conformance/Statements.ts"
import { transactionChecks } from "./conformance/Transactions.ts"
import { tempFile } from "./TempDirectory.ts"

export const sqlClientConformance = (
  name: string,
  layer: (file: string) => Layer.Layer<SqlClient.SqlClient, unknown>,
  checks: ReadonlyArray<(check: Check) => void> = [statementChecks, transactionChecks, guardChecks],
) =>
  describe(`${name} as a SqlClient`, () => {
    const check: Check = (says, body) =>
      it.effect(says, () =>
        Effect.gen(function* () {
          const file = yield* tempFile("conformance.db")
          const open = Effect.flatMap(Layer.build(layer(file)), (context) =>
            Effect.provideContext(SqlClient.SqlClient, context),
          )
          const sql = yield* open
          yield* Effect.provideService(body(sql, open), SqlClient.SqlClient, sql)
        }),
      )
    for (const register of checks) register(check)
  })
