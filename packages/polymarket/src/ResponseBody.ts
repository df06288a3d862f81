/**
 * The body of an answer as text, at most {@link maxBodyBytes} of it.
 *
 * Where the answer declares its length the transport holds it to that; otherwise (chunked, or the
 * length is that of the compressed form) the bytes are counted as they come.
 */
import { Effect, Stream } from "effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import type { Reason } from "./Answer.ts"
import { malformed } from "./Answer.ts"

export const maxBodyBytes = 16 * 1024 * 1024

const tooLarge = () => malformed(`a body of more than ${maxBodyBytes} bytes`, "")

const isEmptyBody = (error: Reason | HttpClientError.HttpClientError): boolean =>
  error._tag === "HttpClientError" && error.reason._tag === "EmptyBodyError"

export const bodyOf = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<string, Reason | HttpClientError.HttpClientError> => {
  const declared = Number(response.headers["content-length"] ?? Number.NaN)
  if (declared > maxBodyBytes) return Effect.fail(tooLarge())
  if (declared >= 0 && response.headers["content-encoding"] === undefined) return response.text
  return Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let bytes = 0
    return Stream.runForEach(response.stream, (chunk) => {
      bytes += chunk.byteLength
      if (bytes > maxBodyBytes) return Effect.fail(tooLarge())
      chunks.push(chunk)
      return Effect.void
    }).pipe(
      Effect.catchIf(isEmptyBody, () => Effect.void),
      Effect.map(() => Buffer.concat(chunks).toString("utf8")),
    )
  })
}
