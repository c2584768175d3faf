// Organizations of any shape, compared with what a naive model says of them: circles, managers who are missing or have left or
// are in another department.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Actor } from '../../../server/directory/actor.ts'
import { readChain } from '../../../server/directory/org/chain.ts'
import { readChart } from '../../../server/directory/org/chart.ts'
import { listDirectReports } from '../../../server/directory/org/employees.ts'
import { createTenant } from '../../support/app.ts'
import { testDatabase } from '../../support/postgres.ts'
import { actorOf, addPeople, clear, idOf, type Person } from './company.ts'
import { CompanyModel, type ModelNode, type ModelPerson } from './model.ts'

const seed = Number(process.env['ORG_SEED'] ?? 20_260_201)
const numRuns = Number(process.env['ORG_RUNS'] ?? 60)

interface Drawn {
  /** The place of the manager; negative for one who does not exist. */
  readonly manager: number | null
  readonly hasLeft: boolean
  readonly department: string | null
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  manager: fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: -2, max: -1 }) },
    { weight: 8, arbitrary: fc.nat({ max: 19 }) },
  ),
  hasLeft: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  department: fc.constantFrom('Tax', 'Sales', null),
})

const companies = fc.array(drawn, { minLength: 1, maxLength: 20 }).chain((people) =>
  fc.record({
    people: fc.constant(people),
    person: fc.nat({ max: people.length - 1 }),
    maxDepth: fc.constantFrom(1, 2, 5, 100),
    includeInactive: fc.boolean(),
  }),
)

const nameAt = (place: number): string => (place < 0 ? `nobody${-place}` : `p${String(place).padStart(2, '0')}`)

function namePeople(people: readonly Drawn[]): Record<string, Person> {
  return Object.fromEntries(
    people.map(({ manager, hasLeft, department }, place) => [
      nameAt(place),
      {
        manager: manager === null ? undefined : nameAt(manager),
        department: department ?? undefined,
        status: hasLeft ? 'terminated' : undefined,
      },
    ]),
  )
}

function modelPeople(people: readonly Drawn[]): ModelPerson[] {
  return people.map(({ manager, hasLeft, department }, place) => ({
    id: idOf(nameAt(place)),
    managerId: manager === null ? null : idOf(nameAt(manager)),
    hasLeft,
    department,
  }))
}

describe('an organization of any shape', function () {
  this.timeout(120_000)
  const db = testDatabase
  let actor: Actor

  before(async () => {
    actor = actorOf(await createTenant())
  })

  type Company = typeof companies extends fc.Arbitrary<infer Value> ? Value : never

  async function check(property: (company: Company, id: string) => Promise<void>): Promise<void> {
    await fc.assert(
      fc.asyncProperty(companies, async (company) => {
        await clear(actor)
        await addPeople(actor, namePeople(company.people))
        await property(company, idOf(nameAt(company.person)))
      }),
      { seed, numRuns },
    )
  }

  it('gives the direct reports that a naive search finds, in pages of any length', async () => {
    await check(async ({ people, includeInactive }, id) => {
      const expected = new CompanyModel(modelPeople(people), includeInactive).reportsOf(id)
      for (const limit of [1, 3, 1000]) {
        const found: string[] = []
        for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
          const page = await listDirectReports(db(), actor, id, includeInactive, { limit, after })
          expect(page.items.length).to.be.at.most(limit)
          found.push(...page.items.map((item) => item.id))
          after = page.next
        }
        expect(found).to.deep.equal(expected)
      }
    })
  })

  it('gives the chain upwards that a naive climb finds', async () => {
    await check(async ({ people, maxDepth, includeInactive }, id) => {
      const expected = new CompanyModel(modelPeople(people), includeInactive).chainAbove(id)
      const { links, end } = await readChain(db(), actor, id, { direction: 'up', maxDepth, includeInactive })
      expect(links.map((link) => link.id)).to.deep.equal(expected.slice(0, maxDepth))
      expect(links.map(({ level }) => level)).to.deep.equal(links.map((_, index) => index + 1))
      expect(links.map(({ managerId }) => managerId)).to.deep.equal(
        [...links.slice(1).map((link) => link.id), null].slice(0, links.length),
      )
      expect(end === 'max_depth').to.equal(expected.length > maxDepth)
    })
  })

  it('gives the chain downwards and the chart that a naive descent finds', async () => {
    await check(async ({ people, maxDepth, includeInactive }, id) => {
      const model = new CompanyModel(modelPeople(people), includeInactive)
      const expected = model.tree(id, maxDepth)
      const isCut = model.tree(id, Infinity).length > expected.length
      const chart = await readChart(db(), actor, { rootId: id, maxDepth, includeInactive })
      expect(sortNodes(chart.nodes.map(toModelNode))).to.deep.equal(expected)
      expect(chart.nodes.map(({ level }) => level)).to.deep.equal(expected.map(({ level }) => level))
      expect(chart.maxDepthReached).to.equal(isCut)
      const { links, end } = await readChain(db(), actor, id, { direction: 'down', maxDepth, includeInactive })
      expect(links.map(({ id: of, level, managerId }) => ({ id: of, level, managerId }))).to.have.deep.members(
        expected.slice(1).map(({ id: of, level, managerId }) => ({ id: of, level, managerId })),
      )
      expect(end === 'max_depth').to.equal(isCut)
    })
  })

  it('gives the chart of a department below anybody, wherever they are', async () => {
    await check(async ({ people, maxDepth, includeInactive }, id) => {
      const model = new CompanyModel(modelPeople(people), includeInactive, 'Tax')
      const chart = await readChart(db(), actor, { rootId: id, department: 'Tax', maxDepth, includeInactive })
      expect(sortNodes(chart.nodes.map(toModelNode))).to.deep.equal(model.tree(id, maxDepth))
    })
  })

  for (const department of [undefined, 'Tax']) {
    it(`finds all tops of ${department === undefined ? 'the organization' : 'a department'}, the largest first`, async () => {
      await check(async ({ people, maxDepth, includeInactive }) => {
        const model = new CompanyModel(modelPeople(people), includeInactive, department)
        const [top, ...others] = model.tops()
        const chart = await readChart(db(), actor, {
          maxDepth,
          includeInactive,
          ...(department && { department: 'TAX' }),
        })
        expect(sortNodes(chart.nodes.map(toModelNode))).to.deep.equal(
          top === undefined ? [] : model.tree(top, maxDepth),
        )
        expect(chart.otherRoots.map((root) => root.id)).to.deep.equal(others)
        expect(chart.otherRoots.map(toModelNode)).to.deep.equal(others.map((id) => model.tree(id, 0)[0]))
      })
    })
  }
})

function toModelNode(node: {
  id: string
  level: number
  managerId: string | null
  directReportCount: number
}): ModelNode {
  const { id, level, managerId, directReportCount } = node
  return { id, managerId, level, reports: directReportCount }
}

function sortNodes(nodes: readonly ModelNode[]): ModelNode[] {
  return nodes.toSorted((a, b) => a.level - b.level || (a.id < b.id ? -1 : 1))
}
