// Sends Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html): an answer that goes on until what it
// tells of has ended, the client goes, or the server stops.
import type { Response } from 'express'
import { AppError } from '../errors.ts'
import type { ServerEvent } from './endpoint.ts'

// Proxies close what is silent, and a connection that is gone shows only when something is written.
const commentEveryMs = 15_000
const maxOpen = 500

/** The streams that a router has open. */
export class EventStreams {
  #open = 0

  /**
   * Writes events as they come. `signal` must end them. Throws rate_limited where too many streams are open; once the head is written,
   * what is thrown ends the stream, and the client asks again by itself.
   */
  async send(
    response: Response,
    events: AsyncIterable<ServerEvent>,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (this.#open >= maxOpen) {
      const detail = `Too many streams are open: at most ${maxOpen}. Try again later, or ask now and then without a stream.`
      throw new AppError('rate_limited', detail, { data: { seconds: 5, limit: maxOpen } })
    }
    // Nginx would keep events back until it has many.
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
    if (response.req.method === 'HEAD') {
      response.end()
      return
    }
    response.flushHeaders()
    this.#open++
    const commenting = setInterval(() => response.write(':\n\n'), commentEveryMs)
    try {
      for await (const { id, event, data } of events) {
        response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      }
    } finally {
      clearInterval(commenting)
      this.#open--
      response.end()
    }
  }
}
