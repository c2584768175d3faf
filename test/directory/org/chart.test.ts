import { expect } from 'chai'
import type { Actor } from '../../../server/directory/actor.ts'
import { type ChartRequest, type OrgChart, readChart } from '../../../server/directory/org/chart.ts'
import { query } from '../../../server/db/query.ts'
import { testDatabase } from '../../support/postgres.ts'
import { createCompany, idOf, nameOf, namesOf } from './company.ts'

const whole: ChartRequest = { maxDepth: 5, includeInactive: false }

function read(actor: Actor, request: Partial<ChartRequest> = {}): Promise<OrgChart> {
  return readChart(testDatabase(), actor, { ...whole, ...request })
}

/** `ceo2 a1 b0 | other0`: the names with the number of reports, and the other roots. */
async function outline(actor: Actor, request: Partial<ChartRequest> = {}): Promise<string> {
  const { nodes, otherRoots } = await read(actor, request)
  const write = (of: OrgChart['nodes']): string =>
    of.map(({ id, directReportCount }) => `${nameOf(id)}${directReportCount}`).join(' ')
  return otherRoots.length === 0 ? write(nodes) : `${write(nodes)} | ${write(otherRoots)}`
}

describe('the org chart', () => {
  it('begins with the one who reports to nobody, and goes down level by level', async () => {
    const { actor } = await createCompany({
      b: { manager: 'top' },
      top: { core: { displayName: 'Tove', title: 'CEO' } },
      a: { manager: 'top' },
      c: { manager: 'b' },
    })
    const chart = await read(actor)
    expect(chart.nodes[0]).to.deep.equal({
      id: idOf('top'),
      employeeNumber: null,
      email: null,
      displayName: 'Tove',
      title: 'CEO',
      department: null,
      location: null,
      status: 'active',
      level: 0,
      managerId: null,
      directReportCount: 2,
    })
    expect(chart.nodes.map(({ id, level, managerId }) => [nameOf(id), level, managerId])).to.deep.equal([
      ['top', 0, null],
      ['a', 1, idOf('top')],
      ['b', 1, idOf('top')],
      ['c', 2, idOf('b')],
    ])
    expect([chart.maxDepthReached, chart.otherRoots]).to.deep.equal([false, []])
  })

  it('counts all reports, also where it ends before them', async () => {
    const { actor } = await createCompany({
      top: {},
      a: { manager: 'top' },
      b: { manager: 'a' },
      c: { manager: 'a' },
      left: { manager: 'a', status: 'terminated' },
      gone: { manager: 'left', status: 'terminated' },
      d: { manager: 'gone' },
    })
    const chart = await read(actor, { maxDepth: 1 })
    expect(await outline(actor, { maxDepth: 1 })).to.equal('top1 a3')
    expect(chart.maxDepthReached).to.equal(true)
    expect(await outline(actor, { maxDepth: 2 })).to.equal('top1 a3 b0 c0 d0')
    expect((await read(actor, { maxDepth: 2 })).maxDepthReached).to.equal(false)
    expect(await outline(actor, { maxDepth: 2, includeInactive: true })).to.equal('top1 a3 b0 c0 left1')
  })

  it('begins where it is told to, also with somebody who has left', async () => {
    const { actor } = await createCompany({ top: {}, a: { manager: 'top', status: 'retired' }, b: { manager: 'a' } })
    expect(await outline(actor, { rootId: idOf('a') })).to.equal('a1 b0')
    expect(await outline(actor, { rootId: idOf('b') })).to.equal('b0')
    const stranger = await createCompany({ x: {} })
    const error = await read(actor, { rootId: idOf('x') }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).to.include({ code: 'not_found' })
    expect(await outline(stranger.actor)).to.equal('x0')
  })

  it('takes the top with most people below, and names the others', async () => {
    const { actor } = await createCompany({
      single: {},
      small: {},
      s1: { manager: 'small' },
      s2: { manager: 'small' },
      large: { manager: 'unknown' },
      l1: { manager: 'large' },
      l2: { manager: 'l1' },
      l3: { manager: 'l2' },
      founder: { status: 'retired' },
      heir: { manager: 'founder' },
      lost: { manager: 'somebody@x.example' },
    })
    expect(await outline(actor)).to.equal('large1 l11 l21 l30 | small2 heir0 lost0 single0')
    expect((await read(actor)).otherRoots[0]).to.include({ level: 0, managerId: null, displayName: 'small' })
  })

  it('is empty where nobody is, and where everybody is in a circle or has left', async () => {
    const nothing = { nodes: [], otherRoots: [], maxDepthReached: false }
    const { actor } = await createCompany({})
    expect(await read(actor)).to.deep.equal(nothing)
    expect(await read(actor, { department: 'Tax' })).to.deep.equal(nothing)
    const circle = await createCompany({
      a: { manager: 'c' },
      b: { manager: 'a' },
      c: { manager: 'b' },
      gone: { status: 'terminated' },
    })
    expect(await read(circle.actor)).to.deep.equal(nothing)
    expect(await outline(circle.actor, { rootId: idOf('b') })).to.equal('b1 c1 a0')
    expect(await outline(circle.actor, { includeInactive: true })).to.equal('gone0')
  })

  it('has who is their own manager at the top', async () => {
    const { actor } = await createCompany({
      ceo: { manager: 'ceo' },
      a: { manager: 'ceo' },
      b: { manager: 'a' },
      odd: { manager: 'left' },
      left: { manager: 'odd', status: 'terminated' },
      c: { manager: 'left' },
    })
    expect(await outline(actor)).to.equal('ceo1 a1 b0 | odd1')
    expect(await outline(actor, { rootId: idOf('odd') })).to.equal('odd1 c0')
  })

  it('has one of many who report to nobody, and a hundred others', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `n${String(index).padStart(3, '0')}`)
    const { actor } = await createCompany(
      Object.fromEntries(names.map((name) => [name, name === 'n149' ? { manager: 'n148' } : {}])),
    )
    const { nodes, otherRoots } = await read(actor)
    expect(namesOf(nodes)).to.deep.equal(['n148', 'n149'])
    expect(namesOf(otherRoots)).to.deep.equal(names.slice(0, 100))
  })

  it('finds the top of many managers from some of them', async function () {
    this.timeout(60_000)
    const { actor } = await createCompany({ zoe: {}, zack: { manager: 'nobody' }, zara: { manager: 'zack' } })
    // 1000 managers below zoe, four to each; and people who manage nobody.
    const text = `insert into users (org_id, id, directory_id, user_name_key, email_keys, manager_id, resource, created_at, modified_at)
      select $1, 'emp_m' || n, $2, 'm' || n, '{}', case when n <= 4 then 'emp_zoe' when n <= 4000 then 'emp_m' || (n - 1) / 4 end,
        jsonb_build_object('userName', 'm' || n), now(), now() from generate_series(1, 6000) n`
    await query(testDatabase(), text, [actor.organizationId, actor.directoryId])
    const { nodes, otherRoots } = await read(actor, { maxDepth: 1 })
    expect(namesOf(nodes)).to.deep.equal(['zoe', 'm1', 'm2', 'm3', 'm4'])
    expect(namesOf(otherRoots)).to.have.lengthOf(100).and.to.include.members(['zack', 'm4001'])
    expect(otherRoots[0]).to.include({ id: idOf('zack'), directReportCount: 1 })
  })

  describe('of a department', () => {
    const people = {
      ceo: {},
      head: { manager: 'ceo', department: 'Tax' },
      a: { manager: 'head', department: 'TAX' },
      sales: { manager: 'head', department: 'Sales' },
      b: { manager: 'sales', department: 'Tax' },
      c: { manager: 'b', department: 'Tax' },
      left: { manager: 'a', department: 'Legal', status: 'terminated' },
      d: { manager: 'left', department: 'Tax' },
    }

    it('has only its people, and others of them who report to nobody in it', async () => {
      const { actor } = await createCompany(people)
      expect(await outline(actor, { department: 'tax' })).to.equal('head1 a1 d0 | b1')
      expect(await outline(actor, { department: 'Sales' })).to.equal('sales0')
      expect(await outline(actor, { department: 'tax', includeInactive: true })).to.equal('b1 c0 | head1 d0')
      expect(await outline(actor, { department: 'None' })).to.equal('')
    })

    it('has the root that was asked for, wherever it is', async () => {
      const { actor } = await createCompany(people)
      expect(await outline(actor, { department: 'Tax', rootId: idOf('ceo') })).to.equal('ceo1 head1 a1 d0')
      expect(await outline(actor, { department: 'Tax', rootId: idOf('sales') })).to.equal('sales1 b1 c0')
      expect(await outline(actor, { department: 'Tax', rootId: idOf('ceo'), maxDepth: 1 })).to.equal('ceo1 head1')
    })
  })
})
