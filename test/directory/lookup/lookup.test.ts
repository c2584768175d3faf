// Finding people by what somebody typed.
import { expect } from 'chai'
import { query } from '../../../server/db/query.ts'
import { transaction } from '../../../server/db/transaction.ts'
import type { Actor } from '../../../server/directory/actor.ts'
import { findPeople, type LookupRequest, type Match } from '../../../server/directory/lookup/lookup.ts'
import { rollcallUser } from '../../../server/directory/user-record.ts'
import { draftUser, insertUsers } from '../../../server/directory/user-writes.ts'
import { createTenant, type Tenant } from '../../support/app.ts'
import { testDatabase } from '../../support/postgres.ts'
import { enterpriseSchema, userSchema } from '../../support/scim-client.ts'
import { actorOf, createPeople } from './people.ts'

interface Told {
  readonly displayName?: string
  readonly [attribute: string]: unknown
}

let taken = 0

function person(attributes: Told): object {
  return { schemas: [userSchema], userName: `somebody-${taken++}`, ...attributes }
}

function named(givenName: string, familyName: string, attributes: Told = {}): object {
  return person({ displayName: `${givenName} ${familyName}`, name: { givenName, familyName }, ...attributes })
}

function mailed(givenName: string, familyName: string, address: string, attributes: Told = {}): object {
  return named(givenName, familyName, { userName: address, emails: [{ value: address, type: 'work' }], ...attributes })
}

function numbered(givenName: string, familyName: string, employeeNumber: string): object {
  return named(givenName, familyName, { [enterpriseSchema]: { employeeNumber } })
}

describe('the lookup', () => {
  let tenant: Tenant
  let actor: Actor
  let names: Map<string, string>
  beforeEach(async () => {
    tenant = await createTenant()
    actor = actorOf(tenant)
    names = new Map()
  })

  async function create(...people: readonly object[]): Promise<string[]> {
    const ids = await createPeople(tenant, people)
    ids.forEach((id, index) => {
      const { displayName, userName } = people[index] as { displayName?: string; userName: string }
      names.set(id, displayName ?? userName)
    })
    return ids
  }

  function look(text: string, request: Partial<LookupRequest> = {}): Promise<Match[]> {
    return findPeople(testDatabase(), actor, { query: text, limit: 5, status: undefined, ...request })
  }

  async function find(text: string, request: Partial<LookupRequest> = {}): Promise<(string | undefined)[]> {
    return (await look(text, request)).map(({ id }) => names.get(id))
  }

  describe('by an address', () => {
    beforeEach(async () => {
      await create(
        mailed('Jane', 'Smith', 'jane.smith@acme.example'),
        mailed('Janet', 'Smithson', 'janet.smithson@acme.example'),
      )
    })

    it('finds the one who has all of it, and no other', async () => {
      for (const text of [
        'jane.smith@acme.example',
        ' JANE.SMITH@ACME.example',
        'Jane Smith <jane.smith@acme.example>',
      ]) {
        const [match, ...others] = await look(text)
        expect([names.get(match?.id ?? ''), match?.score, match?.field, others.length], text).to.deep.equal([
          'Jane Smith',
          1,
          'email',
          0,
        ])
      }
    })

    it('puts the one who has the part before the "@" above those who have more', async () => {
      const [first, second] = await look('jane.smith')
      expect([names.get(first?.id ?? ''), first?.score, first?.field]).to.deep.equal(['Jane Smith', 0.98, 'email'])
      expect([names.get(second?.id ?? ''), second?.field]).to.deep.equal(['Janet Smithson', 'email'])
      expect(second?.score).to.be.within(0.5, 0.95)
    })

    it('finds the one who has it at another domain, less surely', async () => {
      const [match] = await look('jane.smith@elsewhere.example')
      expect([names.get(match?.id ?? ''), match?.field]).to.deep.equal(['Jane Smith', 'email'])
      expect(match?.score).to.be.below(1)
    })

    it('finds the one who only signs in with it', async () => {
      await create(person({ displayName: 'Max Mann', userName: 'max@acme.example' }))
      expect(await find('Max@acme.example')).to.deep.equal(['Max Mann'])
    })

    it('finds by the beginning of one, and by one that is not the first', async () => {
      const emails = [{ value: 'work.7@acme.example' }, { value: 'quibble@home.example' }]
      await create(person({ displayName: 'Otto Other', emails }))
      expect(await find('jane.smith@ac')).to.deep.equal(['Jane Smith', 'Janet Smithson'])
      expect(await find('quibb')).to.deep.equal(['Otto Other'])
      expect(await find('quibble@home.example')).to.deep.equal(['Otto Other'])
    })
  })

  describe('by an employee number', () => {
    beforeEach(async () => {
      await create(
        numbered('Ada', 'Able', 'EMP-0042'),
        numbered('Bea', 'Baker', 'EMP-0421'),
        numbered('Cy', 'Cole', '777'),
      )
    })

    it('finds the one who has it, however it is written', async () => {
      for (const text of ['EMP-0042', 'emp0042', 'EMP 0042', '0042', '42']) {
        const [match] = await look(text)
        expect([names.get(match?.id ?? ''), match?.field], text).to.deep.equal(['Ada Able', 'employee_id'])
      }
      expect((await look('EMP-0042'))[0]?.score).to.equal(1)
      expect((await look('42'))[0]?.score).to.be.below(1)
    })

    it('finds those whose number begins so', async () => {
      expect((await find('EMP-004'))[0]).to.equal('Ada Able')
      expect((await find('EMP-04'))[0]).to.equal('Bea Baker')
      expect(await find('emp-004')).to.deep.equal(['Ada Able'])
      expect(await find('77')).to.deep.equal(['Cy Cole'])
    })

    it('finds nobody by a number that is nearly theirs', async () => {
      expect(await find('EMP-0043')).to.deep.equal([])
      expect(await find('778')).to.deep.equal([])
    })

    it('finds by number and name together', async () => {
      expect(await find('Baker 421')).to.deep.equal(['Bea Baker'])
    })
  })

  describe('by a name', () => {
    it('puts whole names above longer ones, beginnings and others', async () => {
      await create(named('Anna', 'Bo'), named('Anna', 'Bogdanovich'), named('Annabel', 'Li'), named('Hannah', 'Ann'))
      expect(await find('anna bo')).to.deep.equal(['Anna Bo', 'Anna Bogdanovich'])
      expect((await find('anna')).slice(0, 2)).to.deep.equal(['Anna Bo', 'Anna Bogdanovich'])
    })

    it('finds by a nickname, by a middle name and by the name before another display name', async () => {
      await create(
        named('Robert', 'Marsh', { nickName: 'Bob' }),
        person({ displayName: 'A. Quill', name: { givenName: 'Ambrose', middleName: 'Fitz', familyName: 'Quill' } }),
      )
      expect(await find('bob marsh')).to.deep.equal(['Robert Marsh'])
      expect(await find('ambrose quill')).to.deep.equal(['A. Quill'])
      expect(await find('ambrose fitz quill')).to.deep.equal(['A. Quill'])
    })

    it('finds who has nothing but a formatted name, or nothing but a userName', async () => {
      await create(person({ userName: 'x1', name: { formatted: 'Dr. Zelda Zork' } }), person({ userName: 'plonk' }))
      expect(await find('zelda zork')).to.deep.equal(['x1'])
      expect(await find('plo')).to.deep.equal(['plonk'])
    })

    it('takes a single letter that stands alone for a word', async () => {
      await create(named('Anna', 'B'), named('Bea', 'Arends'))
      expect(await find('b')).to.deep.equal(['Anna B'])
      expect(await find('b arends')).to.deep.equal(['Bea Arends'])
    })

    it('finds short names with neighbours swapped', async () => {
      await create(named('John', 'Wu'), named('Joan', 'Wu'), named('Jo', 'Hn'))
      expect((await find('jhon wu'))[0]).to.equal('John Wu')
    })

    it('finds who has all of the words but one, where nobody has all', async () => {
      await create(named('Thea', 'Vaughan'), named('Thea', 'Okafor'))
      expect((await find('thea marie vaughan'))[0]).to.equal('Thea Vaughan')
      expect(await find('qqqq wwww')).to.deep.equal([])
    })

    it('finds names in writing without spaces by two characters', async () => {
      await create(
        person({ displayName: '王小明' }),
        person({ displayName: '김민수' }),
        person({ displayName: '山田太郎' }),
      )
      expect(await find('王小')).to.deep.equal(['王小明'])
      expect(await find('小明')).to.deep.equal(['王小明'])
      expect(await find('민수')).to.deep.equal(['김민수'])
      expect(await find('太郎')).to.deep.equal(['山田太郎'])
    })

    it('finds names in other alphabets, mistyped, too', async () => {
      await create(person({ displayName: 'Владимир Кузнецов' }), person({ displayName: 'محمد الفارسي' }))
      expect(await find('кузнецов владимир')).to.deep.equal(['Владимир Кузнецов'])
      expect(await find('Влаидмир')).to.deep.equal(['Владимир Кузнецов'])
      expect(await find('\u202bمُحَمَّد\u202c')).to.deep.equal(['محمد الفارسي'])
    })
  })

  describe('answers', () => {
    it('at most as many as are asked for, those of one score by their names', async () => {
      await create(named('Kim', 'Cc'), named('Kim', 'Aa'), named('Kim', 'Bb'))
      expect(await find('kim')).to.deep.equal(['Kim Aa', 'Kim Bb', 'Kim Cc'])
      expect(await find('kim', { limit: 2 })).to.deep.equal(['Kim Aa', 'Kim Bb'])
    })

    it('with scores of two decimals from 0 to 1, falling', async () => {
      await create(named('Jane', 'Smith'), named('Jan', 'Smithers'), named('Janet', 'Smithson'))
      const scores = (await look('jan smith')).map(({ score }) => score)
      expect(scores).to.have.length(3)
      expect(scores).to.deep.equal(scores.toSorted((a, b) => b - a))
      for (const score of scores)
        expect(score)
          .to.be.within(0, 1)
          .and.equal(Number(score.toFixed(2)))
    })

    it('only people of a status, where one is asked for', async () => {
      const employed = (employmentStatus: string, day?: string): object => ({
        [rollcallUser]: { employmentStatus, ...(day !== undefined && { endDate: day }) },
      })
      await create(
        named('Kim', 'Active'),
        named('Kim', 'Suspended', { active: false }),
        named('Kim', 'Leave', { ...employed('on_leave') }),
        named('Kim', 'Retired', { active: false, ...employed('retired') }),
        named('Kim', 'Left', { [rollcallUser]: { endDate: '2001-01-31' } }),
        named('Kim', 'Leaving', { [rollcallUser]: { endDate: '2999-01-31' } }),
        named('Kim', 'Odd', { active: false, ...employed('sabbatical') }),
      )
      expect(await find('kim', { status: 'active', limit: 20 })).to.deep.equal(['Kim Active', 'Kim Leaving'])
      expect(await find('kim', { status: 'suspended', limit: 20 })).to.deep.equal(['Kim Odd', 'Kim Suspended'])
      expect(await find('kim', { status: 'on_leave', limit: 20 })).to.deep.equal(['Kim Leave'])
      expect(await find('kim', { status: 'retired', limit: 20 })).to.deep.equal(['Kim Retired'])
      expect(await find('kim', { status: 'terminated', limit: 20 })).to.deep.equal(['Kim Left'])
      expect(await find('kim', { status: 'contractor', limit: 20 })).to.deep.equal([])
      expect(await find('kim', { limit: 20 })).to.have.length(7)
      expect(await find('kmi retird', { status: 'active' })).to.deep.equal([])
    })

    it('nobody of another organization', async () => {
      const other = await createTenant()
      await createPeople(other, [mailed('Jane', 'Smith', 'jane.smith@acme.example')])
      for (const text of ['jane smith', 'jane.smith@acme.example', 'jnae smiht', 'jane', 'xx smith']) {
        expect(await look(text), text).to.deep.equal([])
      }
    })

    it('people of every directory, whatever the acting one is', async () => {
      const hr = await tenant.addDirectory('HR')
      const id = String((await hr.scim.createUser('hanna', { displayName: 'Hanna Rees' }))['id'])
      expect((await look('hanna rees')).map((match) => match.id)).to.deep.equal([id])
    })
  })

  describe('after a change', () => {
    it('finds a person by the new name, mistyped, too, and not by the old', async () => {
      const id = String((await tenant.scim.createUser('x', { displayName: 'Greta Oldman' }))['id'])
      const operations = [{ op: 'replace', path: 'displayName', value: 'Greta Weissbrodt' }]
      expect((await tenant.scim.patch(`/Users/${id}`, operations)).status).to.equal(200)
      for (const text of ['weissbrodt', 'wiessbrot'])
        expect((await look(text)).map((match) => match.id)).to.deep.equal([id])
      expect(await look('oldman')).to.deep.equal([])
    })

    for (const [path, value] of [
      ['displayName', 'Quentin'],
      ['nickName', 'Quentin'],
      ['name.givenName', 'Quentin'],
      ['name', { familyName: 'Quentin' }],
      ['userName', 'quentin@acme.example'],
      ['emails', [{ value: 'quentin@acme.example' }]],
      ['emails[type eq "work"].value', 'quentin@acme.example'],
      [`${enterpriseSchema}:employeeNumber`, '4711'],
    ] as const) {
      it(`finds a person by ${path} as it has become`, async () => {
        const greta = mailed('Greta', 'Oldman', 'g@acme.example', { [enterpriseSchema]: { employeeNumber: '7' } })
        const [id] = await create(greta)
        const text = value === '4711' ? value : 'quentin'
        expect(await look(text)).to.deep.equal([])
        expect((await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path, value }])).status).to.equal(200)
        expect((await look(text)).map((match) => match.id)).to.deep.equal([id])
      })
    }

    it('finds nobody who was deleted', async () => {
      const id = String((await tenant.scim.createUser('x', { displayName: 'Greta Oldman' }))['id'])
      expect((await tenant.scim.delete(`/Users/${id}`)).status).to.equal(204)
      for (const text of ['greta oldman', 'oldmann', 'x']) expect(await look(text)).to.deep.equal([])
    })

    it('has written nothing of words where no name changed', async () => {
      const id = String((await tenant.scim.createUser('x', { displayName: 'Greta Oldman' }))['id'])
      const read = (): Promise<unknown> => {
        const text = `select ctid::text, * from name_words where org_id = $1 order by word`
        return query(testDatabase(), text, [tenant.organizationId])
      }
      const before = await read()
      await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Electrician' }])
      await tenant.scim.createUser('x2', { displayName: 'Oldman Greta' })
      expect(before).to.have.length(3)
      expect(await read()).to.deep.equal(before)
    })
  })

  it('lets nobody wait who brings the same new words at once', async () => {
    const draft = (userName: string): ReturnType<typeof draftUser> =>
      draftUser(actor, { resource: { schemas: [userSchema], userName, displayName: 'Zyx Wvut' }, externalId: null })
    await transaction(testDatabase(), async (tx) => {
      await insertUsers(tx, actor, [draft('one')], 'create', 1)
      await insertUsers(testDatabase(), actor, [draft('two')], 'create', 1)
    })
    expect(await look('zxy wvut')).to.have.length(2)
  })

  it('leaves nothing behind of an organization that goes', async () => {
    await create(named('Jane', 'Smith'))
    const count = async (): Promise<number | undefined> => {
      const text = 'select count(*) from name_words where org_id = $1'
      return (await query<{ count: number }>(testDatabase(), text, [tenant.organizationId]))[0]?.count
    }
    expect(await count()).to.be.above(0)
    await query(testDatabase(), 'delete from organizations where org_id = $1', [tenant.organizationId])
    expect(await count()).to.equal(0)
  })

  describe('answers whatever is typed', () => {
    const hostile: readonly (readonly [what: string, text: string])[] = [
      ['nothing', ''],
      ['spaces', ' \t\u00a0\n'],
      ['wildcards', '%_*?'],
      ['quotes and operators', `'"\\:*&|!()<->`],
      ['U+0000', '\0'],
      ['U+0000 in an address', '\0@\0.example'],
      ['half a character', '\ud83d'],
      ['half a character in an address', 'a\ud83d@b.example'],
      ['an emoji', '🎉👩‍💻'],
      ['marks without letters', '\u0301\u0302\u202e'],
      ['a lone "@"', '@'],
      ['10 000 letters', 'x'.repeat(10_000)],
      ['10 000 words', 'zz '.repeat(10_000)],
      ['10 000 ideographs', '汉'.repeat(10_000)],
      ['10 000 characters of an address', `${'a.'.repeat(5000)}@b.example`],
      ['SQL', `'; drop table users; --`],
    ]
    for (const [what, text] of hostile) {
      it(`with nobody for ${what}`, async () => {
        await create(named('Jane', 'Smith'))
        expect(await look(text)).to.deep.equal([])
      })
    }

    it('with those who are meant, whatever stands around the name', async () => {
      await create(named('Jane', 'Smith'))
      for (const text of ["%jane' smith\0", '🎉 Jane 🎉 Smith', '\u202eJane\u202c "Smith"*', `smith:* & 'jane'`]) {
        expect(await find(text), text).to.deep.equal(['Jane Smith'])
      }
    })

    it('where what is stored is as odd', async () => {
      const long = 'Long'.repeat(1000)
      await create(
        person({ displayName: `${long} ${'word '.repeat(2000)}`, nickName: `'"\\:*&|!` }),
        person({ displayName: '🎉', name: { familyName: '…' } }),
        person({ displayName: 'Tab\tbed "Quo\\ted"' }),
      )
      expect(await look('longlonglong')).to.have.length(1)
      expect(await find('quo ted tab bed')).to.deep.equal(['Tab\tbed "Quo\\ted"'])
    })
  })
})
