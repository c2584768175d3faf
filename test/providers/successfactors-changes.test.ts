import { expect } from 'chai'
import { ProviderError } from '../../providers/provider.ts'
import { writeQuery } from '../../providers/successfactors/odata.ts'
import { addPeople } from './company.ts'
import { catchError, listUsers } from './conformance.ts'
import type { FakeRequest } from './fake-server.ts'
import { job, SuccessFactorsHarness } from './successfactors-harness.ts'

describe('SAP SuccessFactors, changes and pages', () => {
  const subject = new SuccessFactorsHarness()

  describe('changes', () => {
    const entities = ['PerPerson', 'PerPersonal', 'PerEmail', 'PerPhone', 'EmpEmployment', 'EmpJob', 'User']
    for (const entity of entities) {
      it(`finds a change of ${entity} alone`, async () => {
        subject.letAnHourPass()
        const cursor = await subject.readCursor()
        subject.letAnHourPass()
        const { id } = subject.fake.company.named.leaver
        subject.fake.tenant.modified.set(`${entity} ${id}`, subject.fake.company.now)
        expect((await subject.readChanged(cursor)).map((user) => user.id)).to.deep.equal([id])
      })
    }

    it('looks again at what was written in the quarter of an hour before the last pull', async () => {
      const { id } = subject.fake.company.named.leaver
      const cursor = await subject.readCursor()
      subject.fake.tenant.modified.set(`EmpJob ${id}`, new Date(subject.fake.company.now.getTime() - 10 * 60_000))
      subject.letAnHourPass()
      expect((await subject.readChanged(cursor)).map((user) => user.id)).to.deep.equal([id])
    })

    it('reads those of a department that has another name', async () => {
      subject.letAnHourPass()
      const cursor = await subject.readCursor()
      subject.letAnHourPass()
      const { leaver } = subject.fake.company.named
      subject.fake.company.departments.set(leaver.departmentId, {
        id: leaver.departmentId,
        name: 'Revenue',
        parentId: null,
      })
      subject.fake.tenant.modified.set(`FODepartment ${leaver.departmentId}`, subject.fake.company.now)
      const pages = await subject.pull({}, cursor)
      expect(listUsers(pages).map(({ id, fields }) => [id, fields[`${job}/departmentNav/name`]])).to.deep.equal([
        [leaver.id, 'Revenue'],
      ])
      const group = pages.flatMap(({ records }) => records).find(({ id }) => id === `department:${leaver.departmentId}`)
      expect(group?.fields['displayName']).to.equal('Revenue')
    })

    it('reads everybody where more foundation objects have changed than a question can name', async () => {
      subject.letAnHourPass()
      const cursor = await subject.readCursor()
      subject.letAnHourPass()
      for (let index = 0; index < 101; index++) {
        subject.fake.company.sites.set(`S${index}`, { id: `S${index}`, name: `Site ${index}` })
        subject.fake.tenant.modified.set(`FOLocation S${index}`, subject.fake.company.now)
      }
      const error = await catchError(() => subject.pull({}, cursor))
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'cursor_expired')
    })

    it('asks no question that is longer than gateways take', async () => {
      subject.letAnHourPass()
      const cursor = await subject.readCursor()
      subject.letAnHourPass()
      for (let index = 0; index < 97; index++) {
        const id = `LOCATION-${index}`
        subject.fake.company.sites.set(id, { id, name: `Site ${index}` })
        subject.fake.tenant.modified.set(`FOLocation ${id}`, subject.fake.company.now)
      }
      const lengths: number[] = []
      subject.fake.onRequest = ({ query }) => lengths.push(writeQuery(Object.fromEntries(query)).length)
      await subject.pull({}, cursor)
      expect(Math.max(...lengths)).to.be.within(3000, 7500)
    })
  })

  describe('pages', () => {
    const ways = [
      ['snapshot', 'kept'],
      ['number, where snapshots are refused', 'refused'],
      ['number, where snapshots are not known', 'ignored'],
    ] as const
    for (const [name, snapshots] of ways) {
      it(`reads everybody by ${name}`, async () => {
        addPeople(subject.fake.company, 9)
        subject.fake.account.snapshots = snapshots
        const pages = await subject.pull({ pageSize: 4, groups: false })
        expect(listUsers(pages).map(({ id }) => id)).to.deep.equal([...subject.fake.company.people.keys()])
        expect(pages[0]?.totalPages).to.equal(4)
        const rest = await subject.pull({ pageSize: 4, groups: false }, pages[0]?.cursor)
        expect(rest.flatMap(({ records }) => records)).to.deep.equal(pages.slice(1).flatMap(({ records }) => records))
      })
    }

    it('loses nobody of a snapshot where people come and go', async () => {
      addPeople(subject.fake.company, 9)
      const ids = [...subject.fake.company.people.keys()]
      const [first] = await subject.pull({ pageSize: 4 })
      subject.fake.company.erase(ids[0] ?? '')
      const rest = listUsers(await subject.pull({ pageSize: 4 }, first?.cursor)).map(({ id }) => id)
      expect(rest).to.deep.equal(ids.slice(4))
    })

    // Of those who go, more than a page; of those who come, fewer.
    for (const [moves, count] of [
      ['come', 3],
      ['go', 7],
    ] as const) {
      it(`loses nobody where pages have numbers and people ${moves}`, async () => {
        const { company } = subject.fake
        addPeople(company, 19)
        subject.fake.account.snapshots = 'refused'
        const ids = [...company.people.keys()]
        const pages = await subject.pull({ pageSize: 4 })
        for (const [index, id] of ids.slice(0, count).entries()) {
          if (moves === 'come') company.people.set(`0${index}`, { ...company.find(id), id: `0${index}` })
          else company.erase(id)
        }
        const rest = listUsers(await subject.pull({ pageSize: 4 }, pages[2]?.cursor))
        expect(rest.map(({ id }) => id)).to.deep.equal(ids.slice(12))
      })
    }

    it('begins anew where pages have numbers and the last one who was read has gone', async () => {
      addPeople(subject.fake.company, 9)
      subject.fake.account.snapshots = 'refused'
      const [first] = await subject.pull({ pageSize: 4 })
      subject.fake.company.erase([...subject.fake.company.people.keys()][3] ?? '')
      const error = await catchError(() => subject.pull({ pageSize: 4 }, first?.cursor))
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'cursor_expired')
    })

    it('begins anew where the snapshot is gone', async () => {
      addPeople(subject.fake.company, 9)
      const [first] = await subject.pull({ pageSize: 4 })
      subject.fake.forgetSnapshots()
      const error = await catchError(() => subject.pull({ pageSize: 4 }, first?.cursor))
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'cursor_expired')
    })

    it('goes on at the API whatever address the next page is said to have', async () => {
      addPeople(subject.fake.company, 9)
      const [first] = await subject.pull({ pageSize: 4 })
      const isFirst = ({ query }: FakeRequest): boolean => query.has('customPageSize') && !query.has('$skiptoken')
      const { place } = (first?.cursor ?? {}) as { place: { token: string } }
      const next = `https://elsewhere.example.test/?$skiptoken=${place.token}`
      subject.fake.fail({ status: 200, json: { d: { results: [], __next: next } } }, { when: isFirst })
      expect(listUsers(await subject.pull({ pageSize: 4 })).map(({ id }) => id)).to.deep.equal(
        [...subject.fake.company.people.keys()].slice(4),
      )
    })

    it('keeps to the size of pages where SAP does not, and its cursors lead to whole pages', async () => {
      addPeople(subject.fake.company, 4)
      const ignoresSize = (query: URLSearchParams): void => query.set('customPageSize', '5')
      subject.fake.onRequest = ({ path, query }) => {
        if (path === '/odata/v2/PerPerson') ignoresSize(query)
      }
      const pages = await subject.pull({ pageSize: 2, groups: false })
      expect(pages.map(({ records }) => records.length)).to.deep.equal([2, 2, 1, 2, 0])
      expect(pages.map(({ cursor }) => cursor !== undefined)).to.deep.equal([false, false, true, true, true])
    })

    it('reads foundation objects in pages', async () => {
      for (let index = 0; index < 1500; index++) {
        const id = `S${String(index).padStart(4, '0')}`
        subject.fake.company.sites.set(id, { id, name: `Site ${index}` })
      }
      const ids = (await subject.pull()).flatMap(({ records }) => records).map(({ id }) => id)
      expect(ids.filter((id) => id.startsWith('location:'))).to.have.length(1502)
    })
  })
})
