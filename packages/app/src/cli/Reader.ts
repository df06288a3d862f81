/**
 * Both lanes' files opened read-only, beside the running service or without it.
 */
import { Context, Effect, Layer, type Scope } from "effect"
import { EvaluationReports } from "@evaluator/evaluation/EvaluationReports"
import { PaperReports } from "@evaluator/paper/PaperReports"
import * as Database from "@evaluator/sqlite/Database"
import { SqliteClient } from "@evaluator/sqlite/SqliteClient"
import { filesOf } from "../DirectoryFiles.ts"
import { migrations } from "../Migrations.ts"
import { LaneName } from "../Control.ts"

/** A read-only client of one lane's file. */
export const laneFile = (directory: string, lane: LaneName) => {
  const { evaluatorDb, paperDb } = filesOf(directory)
  return Database.layer({
    file: lane === "evaluation" ? evaluatorDb : paperDb,
    lane: "reader",
    migrations: migrations[lane],
  })
}

/** The same as a plain client, for as long as the scope lives. */
export const openLane = (
  directory: string,
  lane: LaneName,
): Effect.Effect<SqliteClient, Database.DatabaseError, Scope.Scope> =>
  Layer.build(laneFile(directory, lane)).pipe(
    Effect.map((context) => Context.get(context, SqliteClient)),
  )

/** Rows of one lane, or of both, each with its lane; in which order is the caller's to say. */
export const rowsOfLanes = <Row extends object, E, R>(
  directory: string,
  only: LaneName | null,
  read: (sql: SqliteClient, lane: LaneName) => Effect.Effect<ReadonlyArray<Row>, E, R>,
) =>
  Effect.forEach(only === null ? LaneName.literals : [only], (lane) =>
    openLane(directory, lane).pipe(
      Effect.flatMap((sql) => read(sql, lane)),
      Effect.map((rows) => rows.map((row) => ({ lane, ...row }))),
    ),
  ).pipe(Effect.map((lanes) => lanes.flat()))

const paperReports = (directory: string) =>
  PaperReports.layer.pipe(Layer.provide(laneFile(directory, "paper")))

const evaluationReports = (directory: string) =>
  EvaluationReports.layer.pipe(Layer.provide(laneFile(directory, "evaluation")))

/** Answers a question from the fast lane's reports. */
export const withPaper = (directory: string) => Effect.provide(paperReports(directory))

/** Answers a question from the reports of both lanes. */
export const withReports = (directory: string) =>
  Effect.provide(Layer.merge(evaluationReports(directory), paperReports(directory)))
