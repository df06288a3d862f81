/**
 * The flags that several commands share, each with one meaning and one description.
 */
import { Option, Schema, SchemaTransformation } from "effect"
import { Argument, Flag } from "effect/cli"
import { WalletAddress } from "@evaluator/domain/Id"
import { DurationText } from "@evaluator/domain/time/DurationText"

export const data = Flag.String("data").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription("Another data directory than that of the settings"),
  Flag.optional,
  Flag.map(Option.getOrNull),
)

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("One JSON document on stdout; logs, if any, on stderr"),
  Flag.withDefault(false),
)

export const csv = Flag.Boolean("csv").pipe(
  Flag.withDescription("The table as CSV"),
  Flag.withDefault(false),
)

export const profiles = Flag.String("profile").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription(
    "Settings that differ from service.toml: a name in config/ or a path to a .toml file; may be repeated, later ones win",
  ),
  Flag.atLeast(0),
)

/** Where a run in virtual time keeps its data; the settings' own directory is never touched. */
export const keep = Flag.String("keep").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription("Keep the run's data there; the directory must be empty or absent"),
  Flag.optional,
  Flag.map((given) => Option.getOrElse(given, () => process.env["EVALUATOR_DATA_DIR"] ?? null)),
)

/** Most rows printed; `null` when not given. */
export const limit = Flag.Int("limit").pipe(
  Flag.withMetavar("N"),
  Flag.withDescription("Print at most N rows"),
  Flag.filter(
    (count) => count > 0,
    () => "a whole number above 0",
  ),
  Flag.optional,
  Flag.map(Option.getOrNull),
)

/** Why a command that changes the state is given. */
export const reason = (whenAbsent: string) =>
  Flag.String("reason").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("Why, for the audit row"),
    Flag.optional,
    Flag.map(Option.getOrElse(() => whenAbsent)),
  )

/** A duration flag such as `--for 60s`. */
export const duration = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("DURATION"),
    Flag.withDescription(`${description}; 500ms 60s 5m 2h 30d`),
    Flag.withSchema(DurationText),
    Flag.optional,
    Flag.map(Option.getOrNull),
  )

/** An address in any case, with blanks around it or not. */
export const AddressText = Schema.String.pipe(
  Schema.decodeTo(
    WalletAddress.annotate({ message: "expected a wallet: 0x and 40 hex digits" }),
    SchemaTransformation.transform({
      decode: (text: string) => text.trim().toLowerCase(),
      encode: (text: string) => text,
    }),
  ),
)

export const address = Argument.String("address").pipe(
  Argument.withDescription("A wallet: 0x and 40 hex digits"),
  Argument.withSchema(AddressText),
)
