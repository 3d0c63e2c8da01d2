/** A program as its sockets see it. `wake` runs in an event of its own, never inside a packet's. */
export interface SocketOwner {
  wake(socket: number): void
}
