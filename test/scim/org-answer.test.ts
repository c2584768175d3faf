// Pages of long lists that are read from position to position, as those of the org queries are.
import { expect } from 'chai'
import type { JsonObject } from '../../server/db/tables.ts'
import { AppError } from '../../server/errors.ts'
import { answerList, type Part, readListing } from '../../server/scim/org/answer.ts'
import { personType } from '../../server/scim/org/types.ts'
import type { Exchange } from '../../server/scim/exchange.ts'
import type { Body } from '../support/scim-client.ts'

interface Asked {
  readonly body: Body
  /** How many were read at each time. */
  readonly reads: readonly number[]
  /** How often it was counted. */
  readonly counted: number
}

async function ask(length: number, parameters: Record<string, string>, knowsTotal: boolean): Promise<Asked> {
  const all = Array.from({ length }, (_, index): JsonObject => ({ id: String(index + 1) }))
  const reads: number[] = []
  let counted = 0
  const count = async (): Promise<number> => {
    counted++
    return length
  }
  const query = new Map(Object.entries(parameters))
  const { body } = await answerList({ query } as unknown as Exchange, {
    ...readListing(query, personType),
    name: [],
    read: async ({ limit, after }): Promise<Part> => {
      const from = Number(after ?? 0)
      const items = all.slice(from, from + limit)
      reads.push(items.length)
      const next = from + limit < length ? String(from + limit) : undefined
      return { items, next, total: knowsTotal ? length : count }
    },
  })
  return { body: JSON.parse(String(body)) as Body, reads, counted }
}

const idsOf = ({ body }: Asked): string[] => body['Resources'].map(({ id }: Body) => String(id))

describe('a list that is read from position to position', () => {
  it('is counted once, where its length is not known and there is more than the page', async () => {
    const asked = await ask(2345, {}, false)
    expect(asked.body).to.include({ totalResults: 2345, startIndex: 1, itemsPerPage: 100 })
    expect([asked.reads, asked.counted]).to.deep.equal([[100], 1])
    const whole = await ask(23, {}, false)
    expect(whole.body).to.include({ totalResults: 23, itemsPerPage: 23 })
    expect(whole.counted).to.equal(0)
  })

  it('is read no further than its page where its length is known', async () => {
    const asked = await ask(2345, { startindex: '2001', count: '2' }, true)
    expect(asked.body).to.include({ totalResults: 2345, startIndex: 2001, itemsPerPage: 2 })
    expect(idsOf(asked)).to.deep.equal(['2001', '2002'])
    expect(asked.reads).to.deep.equal([2002])
  })

  it('is read to its end by index where it is not too long', async () => {
    for (const knowsTotal of [true, false]) {
      const asked = await ask(10_003, { startindex: '10000', count: '50' }, knowsTotal)
      expect(idsOf(asked)).to.deep.equal(['10000', '10001', '10002', '10003'])
      const beyond = await ask(10_003, { startindex: '10004' }, knowsTotal)
      expect(beyond.body).to.include({ totalResults: 10_003, itemsPerPage: 0 })
    }
  })

  it('must be walked by cursor where it is longer', async () => {
    for (const knowsTotal of [true, false]) {
      const refused = await ask(10_003, { startindex: '10001' }, knowsTotal).catch((error: unknown) => error)
      expect(refused).to.be.instanceOf(AppError).with.property('code', 'invalid_value')
      expect((refused as AppError).message).to.include('startIndex must be at most 10000')
    }
  })
})
