import { expect } from 'chai'
import fc from 'fast-check'
import { orderByManager } from '../../server/sync/plan/manager-order.ts'

describe('the order of people', () => {
  it('has managers before those who report to them, level by level', () => {
    const managers = new Map([
      ['d', 'c'],
      ['c', 'a'],
      ['b', 'a'],
      ['a', null],
      ['e', null],
    ])
    expect(orderByManager(managers).order).to.deep.equal(['a', 'e', 'c', 'b', 'd'])
  })

  it('takes a manager who is not among the people as none', () => {
    expect(orderByManager(new Map([['a', 'nobody']]))).to.deep.equal({ order: ['a'], closing: new Set() })
  })

  it('drops what closes a circle and nothing else', () => {
    const managers = new Map([
      ['self', 'self'],
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['d', 'a'],
    ])
    const { order, closing } = orderByManager(managers)
    expect(order).to.have.length(5)
    expect([...closing]).to.deep.equal(['self', 'c'])
  })

  it('is right for any graph', () => {
    const size = fc.integer({ min: 1, max: 40 })
    const graphs = size.chain((count) =>
      fc.array(fc.option(fc.integer({ min: 0, max: count + 3 })), { minLength: count, maxLength: count }),
    )
    fc.assert(
      fc.property(graphs, (drawn) => {
        const managers = new Map(
          drawn.map((manager, person) => [String(person), manager === null ? null : String(manager)]),
        )
        const { order, closing } = orderByManager(managers)
        expect(order.toSorted()).to.deep.equal([...managers.keys()].toSorted())
        const places = new Map(order.map((person, place) => [person, place]))
        for (const [person, manager] of managers) {
          if (manager === null || closing.has(person)) continue
          expect(places.get(manager) ?? -1, `${manager} is before ${person}`).to.be.lessThan(places.get(person) ?? 0)
        }
        // Whoever is dropped is in a circle, and of each circle one is.
        const circles = new Set<string>()
        for (const person of managers.keys()) {
          const way: string[] = []
          for (let at: string | null = person; at !== null && managers.has(at) && !way.includes(at);) {
            way.push(at)
            at = managers.get(at) ?? null
          }
          const last = managers.get(way.at(-1) ?? '') ?? ''
          const circle = way.includes(last) ? way.slice(way.indexOf(last)) : []
          if (circle.length > 0) circles.add(circle.toSorted().join(' '))
        }
        expect(closing.size).to.equal(circles.size)
        for (const person of closing) {
          expect([...circles].some((circle) => circle.split(' ').includes(person))).to.equal(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('takes a chain of a hundred thousand in its stride', () => {
    const managers = new Map(Array.from({ length: 100_000 }, (_, index) => [`${index}`, `${index + 1}`]))
    const { order } = orderByManager(managers)
    expect([order[0], order.at(-1)]).to.deep.equal(['99999', '0'])
  })
})
