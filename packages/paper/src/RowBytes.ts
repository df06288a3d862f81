/**
 * Identifiers in the form tables keep them in, remembered: the same few are bound a hundred times
 * while the copies of a fill go their way.
 *
 * The bytes are shared: whoever changed them would change every later row.
 * Limits: {@link mostRemembered} identifiers, then all are forgotten.
 */
import * as Id from "@evaluator/domain/Id"

export const mostRemembered = 4096

const remembered = new Map<string, Uint8Array>()

const remember = (key: string, bytes: Uint8Array): Uint8Array => {
  if (remembered.size >= mostRemembered) remembered.clear()
  remembered.set(key, bytes)
  return bytes
}

/** `0x…` or bare hex digits to bytes. */
export const hexToBytes = (text: string): Uint8Array =>
  remembered.get(text) ?? remember(text, Id.hexToBytes(text))

/** A token id as 32 big-endian bytes. */
export const tokenToBytes = (token: Id.TokenId): Uint8Array => {
  const key = `token ${token}`
  return remembered.get(key) ?? remember(key, Id.tokenToBytes(token))
}
