/**
 * The logical services this one process is made of, as a trace backend shall see them.
 *
 * A service graph knows a node by the resource attribute `service.name` and by nothing else, so one
 * Resource for the process would draw one node with a loop to itself. Each name here becomes a
 * Resource of its own; all share namespace, version and instance id.
 */
import { Schema } from "effect"

export const logicalServices = [
  "scheduler",
  "scoring",
  "discovery",
  "ingestion",
  "classification",
  "ranking",
  "fast-path",
  "paper-saga",
  "settlement",
  "maintenance",
  "cli",
  "http",
] as const

export const LogicalService = Schema.Literals(logicalServices)
export type LogicalService = typeof LogicalService.Type

/** What all Resources of one process have in common. */
export interface ProcessIdentity {
  /** The group the nodes belong to; `OTEL_SERVICE_NAME` replaces it. */
  readonly namespace: string
  readonly version: string
  /** Different for each start of the process. */
  readonly instanceId: string
}

export const defaultIdentity: ProcessIdentity = {
  namespace: "trader-evaluator",
  version: "unversioned",
  instanceId: "local",
}

/** The Resource attributes of one logical service. Never a `db.*`: it would turn edges into databases. */
export const resourceOf = (
  service: LogicalService,
  identity: ProcessIdentity,
): Readonly<Record<string, string>> => ({
  "service.name": service,
  "service.namespace": identity.namespace,
  "service.version": identity.version,
  "service.instance.id": identity.instanceId,
})
