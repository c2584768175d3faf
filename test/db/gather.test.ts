// Look-ups that come at the same time share a statement, and nothing else: each gets its own answer, or its own error.
import { expect } from 'chai'
import type { Database } from '../../server/db/connect.ts'
import { type Found, Gatherer, Keys, type Question } from '../../server/db/gather.ts'
import { query } from '../../server/db/query.ts'
import { testDatabase } from '../support/postgres.ts'
import { spyOn } from '../support/spy.ts'

interface Row extends Found {
  readonly value: number
}

/** Asks for 60 divided by a number. */
function divideBy(text: string, organization = 'a'): Question {
  const keys = new Keys([organization])
  const key = keys.add(text)
  const sql = `select k.n::text as key, 60 / ${key}::int as value from ${keys.sql} where $1::text is not null`
  return { text: sql, shared: [organization], keys: [text] }
}

describe('look-ups that come at the same time', () => {
  let statements: { readonly asked: number }[]
  let gatherer: Gatherer
  let held: PromiseWithResolvers<void>

  beforeEach(() => {
    statements = []
    held = Promise.withResolvers()
    const db: Database = spyOn(testDatabase(), async ({ sql, parameters }) => {
      statements.push({ asked: (parameters.at(-1) as unknown[]).length })
      await held.promise
      return { rows: await query(testDatabase(), sql, parameters) }
    })
    gatherer = new Gatherer(db)
  })

  const ask = async (question: Question): Promise<number[]> => {
    const rows = (await gatherer.ask(question)) as Row[]
    return rows.map(({ value }) => value)
  }

  it('are asked in a few statements, and each gets its own answer', async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index + 1)
    const answers = Promise.all(numbers.map((number) => ask(divideBy(String(number)))))
    held.resolve()
    expect(await answers).to.deep.equal(numbers.map((number) => [Math.floor(60 / number)]))
    // Two at once, for nothing was under way, and then what came meanwhile, 20 at a time.
    expect(statements.map(({ asked }) => asked)).to.deep.equal([1, 1, 20, 20, 8])
  })

  it('do not wait for company', async () => {
    held.resolve()
    expect(await ask(divideBy('2'))).to.deep.equal([30])
    expect(await ask(divideBy('3'))).to.deep.equal([20])
    expect(statements.map(({ asked }) => asked)).to.deep.equal([1, 1])
  })

  it('fail each for itself', async () => {
    const outcomes = Promise.allSettled(['1', '2', '3', '0', 'x', '\0', '4'].map((text) => ask(divideBy(text))))
    held.resolve()
    expect((await outcomes).map((one) => (one.status === 'fulfilled' ? one.value : 'refused'))).to.deep.equal([
      [60],
      [30],
      [20],
      'refused',
      'refused',
      'refused',
      [15],
    ])
  })

  it('of different organizations are not mixed, nor do they wait for each other', async () => {
    const answers = Promise.all(['a', 'b', 'c'].flatMap((name) => [ask(divideBy('5', name)), ask(divideBy('6', name))]))
    expect(statements).to.have.length(6)
    held.resolve()
    expect(await answers).to.deep.equal([[12], [10], [12], [10], [12], [10]])
  })
})
