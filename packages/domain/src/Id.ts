/**
 * The identifiers of the field, each a branded string in the one spelling the program uses,
 * and their compact form for tables.
 *
 * Addresses, hashes and condition ids are stored as BLOBs (20 or 32 bytes); an outcome token id is
 * a decimal number of up to 256 bits and is stored as 32 big-endian bytes.
 */
import { Schema } from "effect"

const hex = (bytes: number) => new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`)

/** A proxy wallet: `0x` and 40 lower-case hex digits. */
export const WalletAddress = Schema.String.check(Schema.isPattern(hex(20))).pipe(
  Schema.brand("WalletAddress"),
)
export type WalletAddress = typeof WalletAddress.Type

/** A market's condition: `0x` and 64 lower-case hex digits. */
export const ConditionId = Schema.String.check(Schema.isPattern(hex(32))).pipe(
  Schema.brand("ConditionId"),
)
export type ConditionId = typeof ConditionId.Type

/** A transaction hash: `0x` and 64 lower-case hex digits. Several fills may share one. */
export const TransactionHash = Schema.String.check(Schema.isPattern(hex(32))).pipe(
  Schema.brand("TransactionHash"),
)
export type TransactionHash = typeof TransactionHash.Type

/** An outcome token: a decimal number without leading zero, at most 78 digits. Never a `number`. */
export const TokenId = Schema.String.check(Schema.isPattern(/^(0|[1-9][0-9]{0,77})$/)).pipe(
  Schema.brand("TokenId"),
)
export type TokenId = typeof TokenId.Type

/** A fill: 32 hex digits, the first half of the SHA-256 of its {@link fillKey}. */
export const FillId = Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)).pipe(
  Schema.brand("FillId"),
)
export type FillId = typeof FillId.Type

/** `0x…` or bare hex digits to bytes. The caller has validated the digits. */
export const hexToBytes = (text: string): Uint8Array =>
  Buffer.from(text.startsWith("0x") ? text.slice(2) : text, "hex")

/** Bytes to bare hex digits, the spelling of a {@link FillId}. */
export const bytesToBareHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")

/** Bytes to `0x…`. */
export const bytesToHex = (bytes: Uint8Array): string => `0x${bytesToBareHex(bytes)}`

/** A token id as 32 big-endian bytes. */
export const tokenToBytes = (token: TokenId): Uint8Array =>
  hexToBytes(BigInt(token).toString(16).padStart(64, "0"))

/** 32 big-endian bytes back to a token id. */
export const bytesToToken = (bytes: Uint8Array): TokenId =>
  BigInt(bytesToHex(bytes)).toString(10) as TokenId
