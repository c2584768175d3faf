import { expect } from 'chai'
import type { JsonObject } from '../../providers/provider.ts'
import { addPeople, type Person } from './company.ts'
import { listUsers } from './conformance.ts'
import { type EmploymentRecord, toUserId } from './successfactors-entities.ts'
import { statusField, SuccessFactorsHarness, titleField } from './successfactors-harness.ts'

describe('SAP SuccessFactors, employments', () => {
  const subject = new SuccessFactorsHarness()

  describe('what is so today', () => {
    // From December on she is a director, which is entered in November.
    function planPromotion(): Person {
      const { onLeave } = subject.fake.company.named
      const jobs = [
        { start: '2024-03-01', end: '2026-11-30', sequence: 1, status: 'A', values: {} },
        { start: '2026-12-01', end: null, sequence: 1, status: 'A', values: { title: 'Director' } },
      ]
      subject.setEmployment(onLeave, { jobs })
      return subject.fake.company.change(onLeave.id, {})
    }

    for (const filtersAllDays of [true, false]) {
      const where = filtersAllDays ? 'at rows of all days' : 'only at rows of the day'

      it(`does not apply today what is entered for next month, and does then, where filters look ${where}`, async () => {
        subject.fake.account.filtersAllDays = filtersAllDays
        subject.letAnHourPass()
        const before = await subject.readCursor()
        subject.letAnHourPass()
        const { id } = planPromotion()
        subject.letAnHourPass()
        const pages = await subject.pull({}, before)
        for (const { fields } of listUsers(pages)) expect(fields[titleField]).to.equal('Senior Engineer')
        expect((await subject.readUser(id)).fields[titleField]).to.equal('Senior Engineer')
        subject.setDay('2026-11-30')
        const eve = await subject.pull({}, pages.at(-1)?.cursor)
        expect(listUsers(eve)).to.deep.equal([])
        // Nothing is written on the day itself.
        subject.setDay('2026-12-01')
        const day = await subject.pull({}, eve.at(-1)?.cursor)
        expect(listUsers(day).map(({ id: one, fields }) => [one, fields[titleField]])).to.deep.equal([[id, 'Director']])
        expect((await subject.readUser(id)).fields[titleField]).to.equal('Director')
        subject.setDay('2026-12-02')
        const dayAfter = await subject.pull({}, day.at(-1)?.cursor)
        subject.setDay('2026-12-03')
        expect(await subject.readChanged(dayAfter.at(-1)?.cursor)).to.deep.equal([])
      })
    }

    it('reads a pull that was interrupted to its end as of the day on which it began', async () => {
      const { id } = planPromotion()
      subject.setDay('2026-11-30')
      const [first] = await subject.pull({ pageSize: 1 })
      subject.setDay('2026-12-01')
      const rest = listUsers(await subject.pull({ pageSize: 1 }, first?.cursor))
      expect(rest.find((one) => one.id === id)?.fields[titleField]).to.equal('Senior Engineer')
    })

    it('takes the last one of several rows of one day', async () => {
      const { leaver } = subject.fake.company.named
      const row = { start: '2024-03-01', end: null, status: 'A' }
      subject.setEmployment(leaver, {
        jobs: [
          { ...row, sequence: 10, values: { title: 'Tenth' } },
          { ...row, sequence: 9, values: { title: 'Ninth' } },
        ],
      })
      expect((await subject.readUser(leaver.id)).fields[titleField]).to.equal('Tenth')
    })

    it('reads who has not begun as of their first day', async () => {
      const hired = [
        subject.fake.company.hire({
          firstName: 'Noor',
          lastName: 'Vos',
          status: 'hired',
          startDate: '2027-01-04',
          title: 'Designer',
        }),
        subject.fake.company.hire({ firstName: 'Lea', lastName: 'Roth', status: 'hired', startDate: '2027-01-04' }),
        subject.fake.company.hire({ firstName: 'Tom', lastName: 'Abel', status: 'hired', startDate: '2026-12-01' }),
      ]
      const users = listUsers(await subject.pull())
      for (const { id, startDate, title } of hired) {
        const fields = users.find((user) => user.id === id)?.fields
        expect(fields).to.include({ 'employmentNav/startDate': startDate, [titleField]: title, lifecycle: 'pending' })
      }
      const days = subject.listQueries('PerPerson').map((query) => query.get('asOfDate'))
      expect(days).to.have.members(['2026-11-20', '2027-01-04', '2026-12-01'])
    })

    it('reads many who begin on one day in as many questions as it takes', async () => {
      for (let index = 0; index < 90; index++) {
        subject.fake.company.hire({
          firstName: 'New',
          lastName: `Hire${index}`,
          status: 'hired',
          startDate: '2027-01-04',
        })
      }
      const titles = listUsers(await subject.pull()).map(({ fields }) => fields[titleField])
      expect(titles.filter((title) => title === 'Engineer')).to.have.length(90)
      const days = subject.listQueries('PerPerson').map((query) => query.get('asOfDate'))
      expect(days.filter((day) => day === '2027-01-04')).to.have.length(3)
    })

    it('finds who begins today, though nothing was written', async () => {
      const hired = subject.fake.company.hire({
        firstName: 'Noor',
        lastName: 'Vos',
        status: 'hired',
        startDate: '2026-12-01',
      })
      subject.setDay('2026-11-29')
      const cursor = await subject.readCursor()
      subject.setDay('2026-12-01')
      const users = await subject.readChanged(cursor)
      expect(users.map(({ id, fields }) => [id, fields['lifecycle']])).to.deep.equal([[hired.id, 'active']])
    })

    it('keeps somebody active on the last day, and finds them the day after', async () => {
      const { id } = subject.fake.company.named.leaver
      subject.setDay('2026-12-31')
      const cursor = await subject.readCursor()
      expect((await subject.readUser(id)).fields).to.include({ lifecycle: 'active', lastDay: '2026-12-31' })
      subject.setDay('2027-01-01')
      expect((await subject.readUser(id)).fields).to.include({
        lifecycle: 'terminated',
        [statusField]: 'T',
        lastDay: '2026-12-31',
      })
      expect((await subject.readChanged(cursor)).map((user) => user.id)).to.deep.equal([id])
    })

    for (const forgets of [false, true]) {
      it(`reads who has left ${forgets ? 'where the count of their employments is gone' : 'long ago'}`, async () => {
        subject.fake.tenant.forgetsTerminations = forgets
        const { id } = subject.fake.company.hire({
          firstName: 'Otto',
          lastName: 'Kern',
          status: 'terminated',
          endDate: '2020-05-31',
        })
        const { fields } = await subject.readUser(id)
        expect(fields).to.include({
          lifecycle: 'terminated',
          lastDay: '2020-05-31',
          businessEmail: 'otto.kern@example.test',
        })
      })
    }

    it('leaves out people who work for nobody', async () => {
      expect(listUsers(await subject.pull()).map(({ id }) => id)).to.deep.equal([...subject.fake.company.people.keys()])
      subject.fake.tenant.modified.set('PerPerson 9001', subject.fake.company.now)
      const cursor = await subject.readCursor()
      expect(await subject.readChanged(cursor)).to.deep.equal([])
    })

    const letters: readonly (readonly [string, string | null])[] = [
      ['A', 'active'],
      ['D', 'active'],
      ['U', 'on_leave'],
      ['P', 'on_leave'],
      ['F', 'on_leave'],
      ['S', 'suspended'],
      ['R', 'retired'],
      ['T', 'terminated'],
      ['O', 'terminated'],
      ['RNS', 'terminated'],
      ['X', null],
    ]
    for (const [status, meaning] of letters) {
      it(`takes the status ${status} for ${meaning ?? 'nothing that is known'}, and keeps the letter`, async () => {
        const { leaver } = subject.fake.company.named
        subject.setEmployment(leaver, {
          end: null,
          jobs: [{ start: '2024-03-01', end: null, sequence: 1, status, values: {} }],
        })
        expect((await subject.readUser(leaver.id)).fields).to.include({ lifecycle: meaning, [statusField]: status })
      })
    }
  })

  describe('several employments', () => {
    const active = { end: null, sequence: 1, status: 'A' }

    function listJobs(
      start: string,
      title: string,
      more: { end?: string | null; status?: string } = {},
    ): EmploymentRecord['jobs'] {
      return [{ ...active, ...more, start, values: { title } }]
    }

    const ended: Partial<EmploymentRecord> = {
      userId: 'old',
      start: '2015-01-01',
      end: '2020-06-30',
      jobs: [
        ...listJobs('2015-01-01', 'Trainee', { end: '2020-06-30' }),
        ...listJobs('2020-07-01', 'Trainee', { status: 'T' }),
      ],
      hasUser: false,
    }
    const current: Partial<EmploymentRecord> = {
      userId: 'new',
      start: '2024-03-01',
      end: null,
      jobs: listJobs('2024-03-01', 'Engineer'),
    }
    const abroad: Partial<EmploymentRecord> = {
      userId: 'abroad',
      assignmentClass: 'GA',
      start: '2025-01-01',
      end: null,
      jobs: listJobs('2025-01-01', 'Expert'),
    }

    async function readInAnyOrder(...employments: readonly Partial<EmploymentRecord>[]): Promise<JsonObject> {
      const { leaver } = subject.fake.company.named
      subject.setEmployment(leaver, ...employments)
      const { fields } = await subject.readUser(leaver.id)
      subject.fake.tenant.employments.delete(leaver.id)
      subject.setEmployment(leaver, ...employments.toReversed())
      expect((await subject.readUser(leaver.id)).fields).to.deep.equal(fields)
      return fields
    }

    it('takes the one of who came back, in whatever order they come', async () => {
      expect(await readInAnyOrder(ended, current)).to.include({
        [titleField]: 'Engineer',
        'employmentNav/startDate': '2024-03-01',
        lifecycle: 'active',
        lastDay: null,
      })
    })

    it('takes the one to come before one that has ended', async () => {
      const toCome = { ...current, start: '2027-01-01', jobs: listJobs('2027-01-01', 'Chief') }
      expect(await readInAnyOrder(ended, toCome)).to.include({
        [titleField]: 'Chief',
        'employmentNav/startDate': '2027-01-01',
        lifecycle: 'pending',
      })
    })

    it('takes the last one of several that have ended', async () => {
      const later = {
        ...ended,
        userId: 'later',
        start: '2021-01-01',
        end: '2022-12-31',
        jobs: listJobs('2023-01-01', 'Gone', { status: 'T' }),
      }
      expect(await readInAnyOrder(ended, later)).to.include({
        [titleField]: 'Gone',
        lastDay: '2022-12-31',
        lifecycle: 'terminated',
      })
    })

    it('keeps somebody through a change from contractor to employee, without a day between', async () => {
      const contractor = {
        ...current,
        userId: 'contractor',
        end: '2026-11-30',
        isContingentWorker: true,
        jobs: [
          ...listJobs('2024-03-01', 'Consultant', { end: '2026-11-30' }),
          ...listJobs('2026-12-01', 'Consultant', { status: 'T' }),
        ],
      }
      const employee = { ...current, userId: 'employee', start: '2026-12-01', jobs: listJobs('2026-12-01', 'Engineer') }
      expect(await readInAnyOrder(contractor, employee)).to.include({
        [titleField]: 'Consultant',
        employmentKind: 'contractor',
        lastDay: null,
      })
      subject.setDay('2026-12-01')
      expect(await readInAnyOrder(contractor, employee)).to.include({
        [titleField]: 'Engineer',
        employmentKind: 'part_time',
        'employmentNav/startDate': '2026-12-01',
        lastDay: null,
      })
    })

    it('says the last day of one employment where the next one does not go on from there', async () => {
      const first = { ...current, end: '2026-11-30' }
      const later = { ...current, userId: 'later', start: '2026-12-15', jobs: listJobs('2026-12-15', 'Again') }
      expect(await readInAnyOrder(first, later)).to.include({ lastDay: '2026-11-30', lifecycle: 'active' })
    })

    it('takes the assignment abroad while the one at home is dormant, and otherwise the one at home', async () => {
      const home = { ...current, assignmentClass: 'ST' as const }
      const dormant = { ...home, jobs: listJobs('2024-03-01', 'Engineer', { status: 'D' }) }
      expect(await readInAnyOrder(dormant, abroad)).to.include({ [titleField]: 'Expert' })
      expect(await readInAnyOrder(home, abroad)).to.include({ [titleField]: 'Engineer' })
    })

    it('takes an active one before one on leave, and that before one that is suspended', async () => {
      const away = { ...abroad, assignmentClass: 'ST' as const, jobs: listJobs('2025-01-01', 'Away', { status: 'U' }) }
      const suspended = { ...current, jobs: listJobs('2024-03-01', 'Barred', { status: 'S' }) }
      expect(await readInAnyOrder(away, current)).to.include({ [titleField]: 'Engineer', lifecycle: 'active' })
      expect(await readInAnyOrder(away, suspended)).to.include({ [titleField]: 'Away', lifecycle: 'on_leave' })
    })

    it('puts somebody into the groups of all employments in which they work, and of none that has ended', async () => {
      const { leaver } = subject.fake.company.named
      const at = (departmentId: string): EmploymentRecord['jobs'] => [
        { ...active, start: '2024-03-01', values: { departmentId } },
      ]
      subject.setEmployment(
        leaver,
        { ...ended, jobs: [{ ...active, start: '2020-07-01', status: 'T', values: { departmentId: '263342115' } }] },
        { ...current, jobs: at('263342116') },
        { ...abroad, jobs: at('263342117') },
      )
      const { groups = [] } = await subject.readUser(leaver.id)
      expect(groups.filter((id) => id.startsWith('department:'))).to.have.members([
        'department:263342116',
        'department:263342117',
      ])
    })
  })

  describe('managers', () => {
    it('finds whose the user ID is, though it is somebody else’s number', async () => {
      const { manager, onLeave } = subject.fake.company.named
      expect(toUserId(manager.id), 'the trap is set').to.equal(onLeave.id)
      expect((await subject.readUser(onLeave.id)).fields['manager']).to.equal(manager.id)
    })

    it('asks for whom user IDs stand where job information does not lead to them, each once', async () => {
      addPeople(subject.fake.company, 6)
      subject.fake.account.absent.add('EmpJob/managerEmploymentNav')
      const users = listUsers(await subject.pull({ pageSize: 3 }))
      for (const { id, fields } of users)
        expect(fields['manager'], id).to.equal(subject.fake.company.find(id).managerId)
      expect(subject.listQueries('EmpEmployment').map((query) => query.get('$filter'))).to.deep.equal([
        `userId in '${toUserId('1000')}'`,
      ])
    })

    it('says nothing of a manager who cannot be found', async () => {
      const { onLeave } = subject.fake.company.named
      subject.fake.account.absent.add('EmpJob/managerEmploymentNav')
      subject.fake.account.forbidden.add('EmpEmployment')
      expect((await subject.readUser(onLeave.id)).fields).to.not.have.property('manager')
    })

    it('takes null for nobody, too', async () => {
      subject.fake.tenant.noManager = null
      expect((await subject.readUser(subject.fake.company.named.manager.id)).fields).to.include({ manager: null })
    })
  })
})
