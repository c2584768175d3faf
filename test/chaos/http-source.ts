// A source of people behind HTTP, page by page: the provider that reads it, and the server.
import type { Json, Provider, SourceRecord } from '../../providers/provider.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { plainMapping } from '../support/scripted-source.ts'

const pageSize = 100

interface Answer {
  readonly records: readonly SourceRecord[]
  readonly pages: number
}

export const httpProvider: Provider = {
  id: 'http',
  name: 'HTTP source',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: { url: { type: 'string', title: 'URL', description: 'Where it is.' } },
  },
  rateLimit: { requests: 1000, perMs: 1000 },
  mapping: plainMapping,
  required: [],
  capabilities: ['users', 'groups'],
  open: ({ url }, context) => ({
    check: () => Promise.resolve([]),
    async *pull(cursor: Json | undefined) {
      for (let page = typeof cursor === 'number' ? cursor : 1, pages = page; page <= pages; page++) {
        const response = await context.fetch({ url: `${typeof url === 'string' ? url : ''}?page=${page}` })
        const answer = response.json() as unknown as Answer
        pages = answer.pages
        yield { records: answer.records, cursor: page + 1, totalPages: pages }
      }
    },
  }),
}

export interface HttpSource {
  readonly url: string
  /** The pages that were asked for, in order. */
  readonly asked: number[]
  /** Called before a page is answered. */
  onAsked: (page: number) => void
  close(): Promise<void>
}

/** Serves so many people, each in one of ten groups and with one of the first hundred as manager. */
export async function startHttpSource(count: number): Promise<HttpSource> {
  const receiver: Receiver = await startReceiver()
  const pages = Math.ceil(count / pageSize)
  const source: HttpSource = {
    url: `${receiver.origin}/people`,
    asked: [],
    onAsked: () => undefined,
    close: () => receiver.close(),
  }
  receiver.answer = ({ path }, response) => {
    const page = Number(new URL(path, receiver.origin).searchParams.get('page'))
    source.asked.push(page)
    source.onAsked(page)
    const first = (page - 1) * pageSize
    const records = Array.from({ length: Math.min(pageSize, count - first) }, (_, index) => makePerson(first + index))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ records: page === 1 ? [...groups, ...records] : records, pages }))
  }
  return source
}

const groups: SourceRecord[] = Array.from({ length: 10 }, (_, index) => ({
  id: `g${index}`,
  type: 'group',
  fields: { displayName: `Group ${index}` },
}))

function makePerson(index: number): SourceRecord {
  const manager = index < 100 ? {} : { manager: `p${index % 100}` }
  const name = { firstName: `First ${index}`, lastName: `Last ${index}`, email: `p${index}@example.com` }
  return {
    id: `p${index}`,
    type: 'user',
    fields: { ...name, ...manager, status: 'active' },
    groups: [`g${index % 10}`],
  }
}
