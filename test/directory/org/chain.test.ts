import { expect } from 'chai'
import { query } from '../../../server/db/query.ts'
import type { Actor } from '../../../server/directory/actor.ts'
import { type Chain, type ChainRequest, readChain } from '../../../server/directory/org/chain.ts'
import { testDatabase } from '../../support/postgres.ts'
import { createCompany, idOf, namesOf, type Person } from './company.ts'

const upwards = { direction: 'up', maxDepth: 10, includeInactive: false } as const
const downwards = { ...upwards, direction: 'down' } as const

function read(actor: Actor, name: string, request: ChainRequest): Promise<Chain> {
  return readChain(testDatabase(), actor, idOf(name), request)
}

async function outline(actor: Actor, name: string, request: ChainRequest): Promise<string> {
  const { links, end } = await read(actor, name, request)
  return `${namesOf(links).join(' ')}: ${end}`
}

const line = (names: readonly string[]): Record<string, Person> =>
  Object.fromEntries(names.map((name, index) => [name, { manager: names[index + 1] }]))

const circle = (names: readonly string[]): Record<string, Person> =>
  Object.fromEntries(names.map((name, index) => [name, { manager: names[(index + 1) % names.length] }]))

describe('the management chain upwards', () => {
  it('names the manager, and theirs, up to the top', async () => {
    const { actor } = await createCompany({
      ceo: { core: { displayName: 'Cleo', title: 'CEO' } },
      vp: { manager: 'ceo', department: 'Tax' },
      ada: { manager: 'vp' },
    })
    const nothing = {
      employeeNumber: null,
      email: null,
      title: null,
      department: null,
      location: null,
      status: 'active',
    }
    expect(await read(actor, 'ada', upwards)).to.deep.equal({
      end: 'complete',
      links: [
        { ...nothing, id: idOf('vp'), displayName: 'vp', department: 'Tax', level: 1, managerId: idOf('ceo') },
        { ...nothing, id: idOf('ceo'), displayName: 'Cleo', title: 'CEO', level: 2, managerId: null },
      ],
    })
    expect(await read(actor, 'ceo', upwards)).to.deep.equal({ links: [], end: 'complete' })
  })

  it('ends at the depth that is asked for, and says whether it goes on', async () => {
    const { actor } = await createCompany(line(['a', 'b', 'c', 'd']))
    expect(await outline(actor, 'a', { ...upwards, maxDepth: 2 })).to.equal('b c: max_depth')
    expect(await outline(actor, 'a', { ...upwards, maxDepth: 3 })).to.equal('b c d: complete')
  })

  it('passes over who has left, which makes nobody further away', async () => {
    const { actor } = await createCompany({
      top: {},
      gone: { manager: 'top', status: 'retired' },
      left: { manager: 'gone', employment: { endDate: '2001-01-01' } },
      boss: { manager: 'left', active: false },
      ada: { manager: 'boss' },
    })
    expect(await outline(actor, 'ada', { ...upwards, maxDepth: 2 })).to.equal('boss top: complete')
    expect(await outline(actor, 'ada', { ...upwards, maxDepth: 1 })).to.equal('boss: max_depth')
    expect(await outline(actor, 'ada', { ...upwards, includeInactive: true })).to.equal('boss left gone top: complete')
    expect(await outline(actor, 'left', upwards)).to.equal('top: complete')
  })

  for (const size of [1, 2, 5]) {
    it(`ends in a circle of ${size}`, async () => {
      const names = Array.from({ length: size }, (_, index) => `c${index}`)
      const { actor } = await createCompany({ ...circle(names), ada: { manager: 'c0' } })
      expect(await outline(actor, 'ada', upwards)).to.equal(`${names.join(' ')}: cycle`)
      expect(await outline(actor, 'c0', upwards)).to.equal(`${names.slice(1).join(' ')}: cycle`)
    })
  }

  it('ends in a circle of people who have left', async () => {
    const { actor } = await createCompany({
      ada: { manager: 'boss' },
      boss: { manager: 'x' },
      x: { manager: 'y', status: 'terminated' },
      y: { manager: 'x', status: 'terminated' },
    })
    expect(await outline(actor, 'ada', upwards)).to.equal('boss: cycle')
  })

  it('ends where the manager is in no directory, or in another organization', async () => {
    const other = await createCompany({ stranger: {} })
    const { actor } = await createCompany({
      ada: { manager: 'boss' },
      boss: { manager: 'stranger' },
      bo: { manager: 'gone' },
    })
    expect(await outline(actor, 'ada', upwards)).to.equal('boss: missing_manager')
    expect(await outline(actor, 'bo', upwards)).to.equal(': missing_manager')
    expect(await outline(other.actor, 'stranger', upwards)).to.equal(': complete')
  })

  it('follows 200 levels', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `n${String(index).padStart(3, '0')}`)
    const { actor } = await createCompany(line(names))
    const { links, end } = await read(actor, 'n000', { ...upwards, maxDepth: 199 })
    expect(namesOf(links)).to.deep.equal(names.slice(1))
    expect([links.at(-1)?.level, end]).to.deep.equal([199, 'complete'])
  })

  it('gives up above a thousand people who have left', async () => {
    const { actor } = await createCompany({ ada: { manager: 'l1' } })
    const text = `insert into users (org_id, id, directory_id, user_name_key, email_keys, manager_id, last_day, resource, created_at, modified_at)
      select $1, 'emp_l' || n, $2, 'l' || n, '{}', 'emp_l' || n + 1, '-infinity', jsonb_build_object('userName', 'l' || n), now(), now()
      from generate_series(1, 1100) n`
    await query(testDatabase(), text, [actor.organizationId, actor.directoryId])
    expect(await outline(actor, 'ada', upwards)).to.equal(': max_people')
  })

  it('of an unknown person is not found', async () => {
    const { actor } = await createCompany({})
    for (const request of [upwards, downwards]) {
      const error = await read(actor, 'nobody', request).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.include({ code: 'not_found' })
    }
  })
})

describe('the management chain downwards', () => {
  it('names all who report to a person, level by level, and to whom', async () => {
    const { actor } = await createCompany({
      ceo: {},
      b: { manager: 'ceo' },
      a: { manager: 'ceo' },
      c: { manager: 'b' },
      d: { manager: 'c', status: 'on_leave' },
    })
    const { links, end } = await read(actor, 'ceo', downwards)
    expect(links.map(({ id, level, managerId }) => [id, level, managerId])).to.deep.equal([
      [idOf('a'), 1, idOf('ceo')],
      [idOf('b'), 1, idOf('ceo')],
      [idOf('c'), 2, idOf('b')],
      [idOf('d'), 3, idOf('c')],
    ])
    expect(links.at(-1)).to.include({ displayName: 'd', status: 'on_leave' })
    expect(end).to.equal('complete')
    expect(await outline(actor, 'ceo', { ...downwards, maxDepth: 2 })).to.equal('a b c: max_depth')
    expect(await outline(actor, 'ceo', { ...downwards, maxDepth: 3 })).to.equal('a b c d: complete')
    expect(await outline(actor, 'd', downwards)).to.equal(': complete')
  })

  it('has those behind people who have left where these would be', async () => {
    const { actor } = await createCompany({
      ceo: {},
      left: { manager: 'ceo', status: 'terminated' },
      gone: { manager: 'left', status: 'terminated' },
      z: { manager: 'ceo' },
      a: { manager: 'gone' },
      y: { manager: 'z' },
      b: { manager: 'a' },
    })
    expect(await outline(actor, 'ceo', downwards)).to.equal('z a y b: complete')
    expect(await outline(actor, 'ceo', { ...downwards, maxDepth: 1 })).to.equal('z a: max_depth')
    expect(await outline(actor, 'ceo', { ...downwards, includeInactive: true })).to.equal('left z gone y a b: complete')
  })

  for (const size of [1, 2, 5]) {
    it(`meets everybody of a circle of ${size} once`, async () => {
      const names = Array.from({ length: size }, (_, index) => `c${index}`)
      const { actor } = await createCompany({ ...circle(names), z: { manager: 'c0' } })
      const { links, end } = await read(actor, 'c0', downwards)
      expect(namesOf(links).toSorted()).to.deep.equal([...names.slice(1), 'z'])
      expect(end).to.equal('cycle')
    })
  }

  it('answers no more than whole levels of 50 000 people', async function () {
    this.timeout(60_000)
    const { actor } = await createCompany({ ceo: {} })
    // 100 managers of 250 managers of one each: 25 100 people on two levels, and 25 000 on the third.
    const text = `insert into users (org_id, id, directory_id, user_name_key, email_keys, manager_id, resource, created_at, modified_at)
      select $1, 'emp_' || n, $2, 'n' || n, '{}', case when n <= 100 then 'emp_ceo' when n <= 25100 then 'emp_' || (n - 101) / 250 + 1
        else 'emp_' || n - 25000 end, jsonb_build_object('userName', 'n' || n), now(), now()
      from generate_series(1, 50100) n`
    await query(testDatabase(), text, [actor.organizationId, actor.directoryId])
    const { links, end } = await read(actor, 'ceo', { ...downwards, maxDepth: 100 })
    expect([links.length, links.at(-1)?.level, end]).to.deep.equal([25_100, 2, 'max_people'])
    expect((await read(actor, '1', { ...downwards, maxDepth: 100 })).links).to.have.lengthOf(500)
    await query(testDatabase(), 'delete from users where org_id = $1', [actor.organizationId])
  })
})
