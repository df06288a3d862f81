/**
 * The settings as the lanes read them.
 */
import { Layer } from "effect"
import { EvaluationSettings } from "@evaluator/evaluation/EvaluationSettings"
import { PaperSettings } from "@evaluator/paper/PaperSettings"
import type { SettingsShape } from "./Settings.ts"

export const laneSettings = (settings: SettingsShape) =>
  Layer.mergeAll(
    Layer.succeed(EvaluationSettings, settings),
    Layer.succeed(PaperSettings, settings),
  )
