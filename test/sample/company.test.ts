import { expect } from 'chai'
import { AppError } from '../../server/errors.ts'
import { createSampleCompany, type SampleCompany } from '../../server/sample/company.ts'
import type { SamplePerson } from '../../server/sample/people.ts'

const now = new Date('2026-03-01T09:00:00Z')
const today = '2026-03-01'
const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const employeeSchema = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'
const groupSchema = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group'

interface User {
  readonly userName: string
  readonly displayName: string
  readonly title: string
  readonly locale: string
  readonly timezone: string
  readonly active: boolean
  readonly emails: readonly { readonly value: string; readonly type: string; readonly primary?: boolean }[]
  readonly phoneNumbers: readonly { readonly value: string }[]
  readonly addresses: readonly { readonly country: string; readonly locality: string }[]
  readonly [enterpriseSchema]: { readonly employeeNumber: string; readonly costCenter: string; department: string }
  readonly [employeeSchema]: {
    readonly employmentStatus: string
    readonly employmentType: string
    readonly startDate: string
    readonly endDate?: string
    readonly location: string
    readonly team?: string
  }
}

describe('a sample company', () => {
  for (const size of [1, 2, 3, 10, 14, 60, 199, 200, 500, 20_000]) {
    describe(`of ${size}`, () => {
      const company = createSampleCompany({ size, now })
      let people: SamplePerson[]
      let users: User[]

      before(() => {
        people = [...company.people()]
        users = people.map(readUser)
      })

      it('has exactly that many people, numbered in order', () => {
        expect(people).to.have.length(size)
        expect(people.every(({ index }, position) => index === position)).to.equal(true)
      })

      it('has one person without a manager', () => {
        const top = people.filter(({ managerIndex }) => managerIndex === undefined)
        expect(top.map(({ index }) => index)).to.deep.equal([0])
      })

      it('puts managers before the people who report to them', () => {
        expect(people.filter(({ index, managerIndex = -1 }) => managerIndex >= index)).to.deep.equal([])
      })

      it('gives nobody more than 12 direct reports', () => {
        expect(Math.max(0, ...countReports(people).values())).to.be.at.most(12)
      })

      it('has no leaver, late starter or contractor who manages somebody', () => {
        const reports = countReports(people)
        const managers = users.filter((_, index) => reports.has(index))
        expect(managers.filter(({ active }) => !active)).to.deep.equal([])
        expect(managers.filter((user) => user[employeeSchema].startDate > today)).to.deep.equal([])
        expect(managers.filter((user) => user[employeeSchema].employmentType === 'contractor')).to.deep.equal([])
      })

      it('gives each person a userName, an employee number and e-mail addresses that nobody else has', () => {
        const mails = users.flatMap(({ emails }) => emails.map(({ value }) => value))
        expect(new Set(users.map(({ userName }) => userName))).to.have.property('size', size)
        expect(new Set(users.map((user) => user[enterpriseSchema].employeeNumber))).to.have.property('size', size)
        expect(new Set(mails)).to.have.property('size', mails.length)
      })

      it('writes userNames in plain ASCII below the domain, and all mail domains are fictitious', () => {
        const plain = new RegExp(`^[a-z-]+\\.[a-z-]+[0-9]*@${company.domain.replace('.', '\\.')}$`)
        expect(company.domain).to.match(/^[a-z]+\.example$/)
        expect(users.filter(({ userName }) => !plain.test(userName))).to.deep.equal([])
        const mails = users.flatMap(({ emails }) => emails.map(({ value }) => value))
        expect(mails.filter((mail) => !mail.endsWith('.example'))).to.deep.equal([])
      })

      it('gives each person one primary e-mail, an address with a two-letter country, a title and a cost centre', () => {
        const incomplete = users.filter(
          ({ emails, addresses, phoneNumbers, title, [enterpriseSchema]: enterprise }) =>
            emails.filter(({ primary }) => primary).length !== 1 ||
            addresses.length !== 1 ||
            !/^[A-Z]{2}$/.test(addresses[0]?.country ?? '') ||
            !/^\+[0-9][0-9 -]{8,18}$/.test(phoneNumbers[0]?.value ?? '') ||
            !/^[A-Z].*[a-z]$/.test(title) ||
            !/^CC-\d{4}$/.test(enterprise.costCenter),
        )
        expect(incomplete).to.deep.equal([])
      })

      it('has groups of existing people that nest only earlier groups, each with a name and a description', () => {
        const names = new Set<unknown>()
        for (const { resource, memberIndexes, groupIndexes } of company.groups()) {
          expect(groupIndexes.filter((nested) => nested >= names.size)).to.deep.equal([])
          expect(memberIndexes.filter((member) => people[member] === undefined)).to.deep.equal([])
          expect(new Set(memberIndexes)).to.have.property('size', memberIndexes.length)
          expect(resource[groupSchema]).to.have.property('description').that.matches(/^\S.+/)
          expect(names).not.to.include(resource['displayName'])
          names.add(resource['displayName'])
        }
        expect(names).to.include.keys('All Employees', 'Managers', 'VPN-Users')
      })

      it('has everybody who has not left in one office of All Employees', () => {
        const groups = [...company.groups()]
        const all = groups.find(({ resource }) => resource['displayName'] === 'All Employees')
        const reached = (all?.groupIndexes ?? []).flatMap((nested) => groups[nested]?.memberIndexes ?? [])
        const staff = people.filter((_, index) => !hasLeft(users[index]))
        expect(reached.toSorted((a, b) => a - b)).to.deep.equal(staff.map(({ index }) => index))
      })
    })
  }

  describe('seen as a whole', () => {
    const company = createSampleCompany({ size: 20_000, now })
    let people: SamplePerson[]
    let users: User[]

    before(() => {
      people = [...company.people()]
      users = people.map(readUser)
    })

    it('has the usual shares of leavers, late starters, people on leave, contractors and interns', () => {
      expect(measureShare(users, hasLeft)).to.be.within(0.05, 0.07)
      expect(measureShare(users, (user) => user[employeeSchema].startDate > today)).to.be.within(0.015, 0.025)
      expect(measureShare(users, (user) => user[employeeSchema].employmentStatus === 'on_leave')).to.be.within(
        0.025,
        0.035,
      )
      expect(measureShare(users, (user) => user[employeeSchema].employmentType === 'contractor')).to.be.within(
        0.04,
        0.06,
      )
      expect(measureShare(users, (user) => user[employeeSchema].employmentType === 'intern')).to.be.within(0.005, 0.02)
    })

    it('has leavers who are inactive and left in the past, after they came', () => {
      for (const user of users.filter(hasLeft)) {
        const { startDate, endDate = '' } = user[employeeSchema]
        expect(user.active).to.equal(false)
        expect(endDate).to.match(/^\d{4}-\d{2}-\d{2}$/)
        expect(endDate < today && startDate < endDate).to.equal(true)
      }
    })

    it('has spans of control that are mostly between 4 and 12', () => {
      const spans = [...countReports(people).values()]
      expect(measureShare(spans, (span) => span >= 4)).to.equal(1)
      expect(people.length / spans.length).to.be.within(6, 10)
    })

    it('has six to eight levels', () => {
      expect(countLevels(people)).to.be.within(6, 8)
    })

    it('has one cost centre per department and the same place for everybody of an office', () => {
      expect(
        haveFixedPairs(users, (user) => [user[enterpriseSchema].department, user[enterpriseSchema].costCenter]),
      ).to.equal(true)
      expect(
        haveFixedPairs(users, (user) => [
          user[employeeSchema].location,
          [user.timezone, user.locale, user.addresses[0]?.locality, user.addresses[0]?.country].join(),
        ]),
      ).to.equal(true)
    })

    it('names people from many cultures, with their accents', () => {
      const letters = new Set(users.flatMap(({ displayName }) => displayName.normalize('NFC').split('')))
      expect([...letters]).to.include.members(['É', 'ø', 'ł', 'ü', 'ñ', 'ß', 'ş', 'ç', 'ř', 'ő', "'"])
    })

    it('has security groups and other groups', () => {
      const kinds = [...company.groups()].map(({ resource }) => JSON.stringify(resource[groupSchema]))
      expect(kinds.some((kind) => kind.includes('"securityGroup":true'))).to.equal(true)
      expect(kinds.some((kind) => kind.includes('"securityGroup":false'))).to.equal(true)
    })
  })

  it('is the same again when it is read again, and when it is made again from the same seed', () => {
    const company = createSampleCompany({ size: 500, seed: 7, now })
    const first = writeOut(company)
    expect(writeOut(company)).to.equal(first)
    expect(writeOut(createSampleCompany({ size: 500, seed: 7, now }))).to.equal(first)
  })

  it('does not mix up two readers at once', () => {
    const company = createSampleCompany({ size: 300, now })
    const alone = [...company.people()]
    const one = company.people()[Symbol.iterator]()
    const other = company.people()[Symbol.iterator]()
    const together = alone.map(() => [one.next().value, other.next().value])
    expect(together).to.deep.equal(alone.map((person) => [person, person]))
  })

  it('is another company from another seed', () => {
    expect(writeOut(createSampleCompany({ size: 500, seed: 7, now }))).not.to.equal(
      writeOut(createSampleCompany({ size: 500, seed: 8, now })),
    )
  })

  it('has more departments when it is larger', () => {
    const sizes = [500, 5000, 20_000, 100_000]
    const counts = sizes.map((size) => {
      const users = [...createSampleCompany({ size, now }).people()].map(readUser)
      return new Set(users.map((user) => user[enterpriseSchema].department)).size - 1
    })
    expect(counts[0]).to.equal(12)
    expect(counts).to.deep.equal(counts.toSorted((a, b) => a - b))
    expect(new Set(counts)).to.have.property('size', sizes.length)
  })

  it('streams: the first people of a million come without the others', () => {
    const [first, second] = createSampleCompany({ size: 1_000_000, now }).people()
    expect([first?.index, second?.managerIndex]).to.deep.equal([0, 0])
  })

  for (const size of [0, -1, 1.5, Number.NaN, 1_000_001]) {
    it(`cannot be of the size ${size}`, () => {
      expect(() => createSampleCompany({ size, now })).to.throw(AppError, 'from 1 to 1000000')
    })
  }
})

function readUser({ resource }: SamplePerson): User {
  return resource as unknown as User
}

function hasLeft(user: User | undefined): boolean {
  return ['terminated', 'retired'].includes(user?.[employeeSchema].employmentStatus ?? '')
}

function countReports(people: readonly SamplePerson[]): Map<number, number> {
  const reports = new Map<number, number>()
  for (const { managerIndex } of people) {
    if (managerIndex !== undefined) reports.set(managerIndex, (reports.get(managerIndex) ?? 0) + 1)
  }
  return reports
}

function countLevels(people: readonly SamplePerson[]): number {
  const levels: number[] = []
  for (const { managerIndex } of people) {
    levels.push(managerIndex === undefined ? 1 : (levels[managerIndex] ?? 0) + 1)
  }
  return levels.reduce((deepest, level) => Math.max(deepest, level), 0)
}

function measureShare<Item>(items: readonly Item[], matches: (item: Item) => boolean): number {
  return items.filter(matches).length / items.length
}

/** Whether each first half of the pairs always comes with the same second half. */
function haveFixedPairs(users: readonly User[], readPair: (user: User) => readonly [string, string]): boolean {
  const seen = new Map(users.map(readPair))
  return users.every((user) => {
    const [key, value] = readPair(user)
    return seen.get(key) === value
  })
}

function writeOut(company: SampleCompany): string {
  return JSON.stringify([company.name, company.domain, [...company.people()], [...company.groups()]])
}
