/**
 * What a wallet's behaviour looks like: a persona when it is worth following, exclusions when it is
 * not. The checks themselves are in `Classify.ts`.
 */
import { Schema } from "effect"

export const Persona = Schema.Literals([
  "INFORMED_SPECIALIST",
  "CONSISTENT_GENERALIST",
  "PATIENT_ACCUMULATOR",
])
export type Persona = typeof Persona.Type
