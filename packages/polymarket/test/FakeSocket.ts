/**
 * Web sockets in the test's hands, open from the start.
 */
import { Layer } from "effect"
import { Socket } from "effect/socket"

type Listener = (event: { readonly data?: unknown; readonly code?: number }) => void

export class FakeSocket {
  readonly readyState = 1
  readonly sent: Array<string> = []
  closed = false
  readonly url: string
  private readonly listeners = new Map<string, Set<Listener>>()

  constructor(url: string) {
    this.url = url
  }

  addEventListener(type: string, listener: Listener): void {
    const all = this.listeners.get(type) ?? new Set()
    this.listeners.set(type, all.add(listener))
  }
  removeEventListener(type: string, listener: Listener): void {
    this.listeners.get(type)?.delete(listener)
  }
  send(data: unknown): void {
    this.sent.push(String(data))
  }
  close(): void {
    this.closed = true
  }
  emit(type: string, event: object): void {
    for (const listener of Array.from(this.listeners.get(type) ?? [])) listener(event)
  }
  say(data: unknown): void {
    this.emit("message", { data: typeof data === "string" ? data : JSON.stringify(data) })
  }
}

/** Every socket that is opened, in order, and the layer that opens them. */
export const fakeSockets = () => {
  const sockets: Array<FakeSocket> = []
  const layer = Layer.succeed(Socket.WebSocketConstructor, (url) => {
    const socket = new FakeSocket(url)
    sockets.push(socket)
    return socket
  })
  return { sockets, layer }
}
