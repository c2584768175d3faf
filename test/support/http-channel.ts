// A small channel over HTTP: it posts each event to `settings.url`, at the pace of `settings.concurrency` and `settings.perSecond`.
import type { JsonObject } from '../../server/db/tables.ts'
import type { Channel, Outcome } from '../../server/events/channel.ts'
import { toJson } from '../../server/events/event.ts'
import type { Subscription } from '../../server/events/subscription.ts'
import type { Received } from './receiver.ts'

export const httpChannel: Channel = {
  send: async ({ settings }, { event, content }): Promise<Outcome> => {
    try {
      const body = JSON.stringify(content ?? toJson(event))
      const request = { method: 'POST', headers: { 'webhook-id': event.id }, body } as const
      const response = await fetch(readUrl(settings), request)
      return judge(response, await response.text())
    } catch (error) {
      return { isDelivered: false, error: String(error) }
    }
  },
  readPace: ({ settings }: Subscription) => ({
    concurrency: Number(settings['concurrency'] ?? 10),
    perSecond: Number(settings['perSecond'] ?? 10_000),
  }),
}

function readUrl({ url }: JsonObject): string {
  if (typeof url !== 'string') throw new Error('the subscription has no url')
  return url
}

function judge({ ok, status, headers }: Response, answer: string): Outcome {
  const waitMs = Number(headers.get('retry-after') ?? 0) * 1000
  return {
    isDelivered: ok,
    status,
    answer,
    ...(waitMs > 0 && { waitMs }),
    ...(status === 410 && { disable: 'The receiver answered 410 Gone.' }),
    ...(status === 422 && { isFinal: true }),
    ...(!ok && { error: `It answered ${status}.` }),
  }
}

export interface Told {
  readonly id: string
  readonly number: number
  readonly type: string
  readonly resourceId: string
  readonly version: number
}

/** What the receiver was told, in the order in which it came. */
export function readTold(received: readonly Received[]): Told[] {
  return received.map(({ body }) => JSON.parse(body) as Told)
}
