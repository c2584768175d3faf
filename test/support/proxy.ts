// A way to a server that can be closed and opened again.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class Proxy {
  /** That of the server, by way of here. */
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isOpen = true

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  static async start(target: string): Promise<Proxy> {
    const { hostname, port } = new URL(target)
    const server = createServer((socket) => proxy.#pass(socket, hostname, Number(port)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = new URL(target)
    url.hostname = '127.0.0.1'
    url.port = String((server.address() as AddressInfo).port)
    const proxy = new Proxy(server, url.href)
    return proxy
  }

  /** Breaks all connections, and those that come. */
  close(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  open(): void {
    this.#isOpen = true
  }

  /** Until somebody has tried to connect so often. */
  async hears(count: number): Promise<void> {
    for (let heard = 0; heard < count; heard++) await once(this.#server, 'connection')
  }

  async stop(): Promise<void> {
    this.close()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #pass(socket: Socket, hostname: string, port: number): void {
    // Who breaks off is not of interest here.
    socket.on('error', () => undefined)
    if (!this.#isOpen) {
      socket.destroy()
      return
    }
    const other = connect(port, hostname)
    other.on('error', () => undefined)
    for (const one of [socket, other]) {
      this.#sockets.add(one)
      one.once('close', () => {
        this.#sockets.delete(one)
        socket.destroy()
        other.destroy()
      })
    }
    socket.pipe(other).pipe(socket)
  }
}
