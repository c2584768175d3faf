import { expect } from 'chai'
import type { StandingKind } from '../../server/sync/plan/lifecycle.ts'
import {
  type Claimant,
  type Incumbent,
  isSamePerson,
  matchRecord,
  sortContested,
  type Suspects,
} from '../../server/sync/plan/match.ts'

const record = (fields: Partial<Claimant> = {}): Claimant => ({
  sourceId: 'new',
  name: 'Ada Lovelace',
  employeeNumberKey: null,
  emailKeys: ['ada@example.com'],
  standing: 'active',
  ...fields,
})

const incumbent = (fields: Partial<Incumbent> = {}): Incumbent => ({
  ...record({ sourceId: 'old' }),
  isThere: true,
  speaks: true,
  ...fields,
})

function suspect(fields: Partial<Omit<Suspects, 'incumbents'>> = {}, incumbents: readonly Incumbent[] = []): Suspects {
  const nobody = { own: undefined, spoke: false, byExternalId: [], byNumber: [], byEmail: [], deleted: undefined }
  return { ...nobody, ...fields, incumbents: (userId) => (userId === 'u1' ? incumbents : []) }
}

const match = (fields: Partial<Claimant>, suspects: Suspects): unknown => {
  const found = matchRecord(record(fields), suspects)
  return found.kind === 'refused' ? found.code : found
}

describe('matching a record', () => {
  it('goes by the source id before all else, then by what the directory calls people, by number, and by address', () => {
    const all = { own: 'u1', byExternalId: ['u2'], byNumber: ['u3'], byEmail: ['u4'] }
    expect(match({}, suspect(all))).to.deep.equal({ kind: 'known', userId: 'u1', by: 'source_id' })
    expect(match({}, suspect({ ...all, own: undefined }))).to.include({ userId: 'u2', by: 'source_id' })
    expect(match({}, suspect({ byNumber: ['u3'], byEmail: ['u4'] }))).to.include({
      userId: 'u3',
      by: 'employee_number',
    })
    expect(match({}, suspect({ byEmail: ['u4'] }))).to.include({ userId: 'u4', by: 'email' })
    expect(match({}, suspect())).to.deep.equal({ kind: 'new', leaver: undefined })
  })

  it('leaves alone who could be several people', () => {
    expect(match({}, suspect({ byNumber: ['u1', 'u2'], byEmail: ['u1'] }))).to.equal('ambiguous')
    expect(match({}, suspect({ byEmail: ['u1', 'u2'] }))).to.equal('ambiguous')
  })

  it('brings back who was deleted, but not in place of somebody who is there', () => {
    expect(match({}, suspect({ deleted: 'u9' }))).to.deep.equal({ kind: 'deleted', userId: 'u9' })
    expect(match({}, suspect({ deleted: 'u9', byEmail: ['u1'] }))).to.include({ kind: 'known', userId: 'u1' })
  })

  it('takes nobody by an address whose own record is still there', () => {
    expect(match({}, suspect({ byEmail: ['u1'] }, [incumbent()]))).to.equal('duplicate_email')
    const suspended = incumbent({ standing: 'held', employeeNumberKey: '1' })
    expect(match({ employeeNumberKey: '2' }, suspect({ byEmail: ['u1'] }, [suspended]))).to.equal('duplicate_email')
  })

  it('hears the better of two records of one person', () => {
    const cases: readonly (readonly [StandingKind, StandingKind, string])[] = [
      ['active', 'held', 'known'],
      ['active', 'not_begun', 'known'],
      ['not_begun', 'active', 'superseded'],
      ['ended', 'active', 'superseded'],
      ['active', 'ended', 'known'],
    ]
    for (const [own, other, kind] of cases) {
      const suspects = suspect({ byEmail: ['u1'] }, [incumbent({ standing: other })])
      expect(match({ standing: own }, suspects), `${own} ${other}`).to.include({ kind })
    }
  })

  it('takes a former one for the same person by name or number, and otherwise for another who left', () => {
    for (const former of [incumbent({ standing: 'ended' }), incumbent({ isThere: false })]) {
      const by = suspect({ byEmail: ['u1'] }, [former])
      expect(match({}, by)).to.include({ kind: 'known', userId: 'u1' })
      expect(match({ name: 'Ada  LOVELACE' }, by)).to.include({ kind: 'known', userId: 'u1' })
      expect(match({ name: 'Grace Hopper' }, by)).to.deep.equal({ kind: 'new', leaver: 'u1' })
      const numbered = suspect({ byEmail: ['u1'] }, [{ ...former, employeeNumberKey: '1' }])
      expect(match({ employeeNumberKey: '2' }, numbered)).to.deep.equal({ kind: 'new', leaver: 'u1' })
      expect(match({ employeeNumberKey: '1', name: 'A. King' }, numbered)).to.include({ kind: 'known', userId: 'u1' })
    }
  })

  it('reports a number that two different people have, and takes one person with two records for one', () => {
    const other = incumbent({ employeeNumberKey: '1', emailKeys: ['other@example.com'], name: 'Grace Hopper' })
    const by = (one: Incumbent): Suspects => suspect({ byNumber: ['u1'] }, [one])
    expect(match({ employeeNumberKey: '1' }, by(other))).to.equal('duplicate_employee_number')
    expect(match({ employeeNumberKey: '1', name: 'Grace Hopper' }, by(other))).to.include({ kind: 'superseded' })
    expect(match({ employeeNumberKey: '1', emailKeys: [] }, by(other))).to.include({ kind: 'superseded' })
    expect(match({ employeeNumberKey: '1', standing: 'not_begun' }, by(other))).to.include({ kind: 'superseded' })
  })

  it('lets a record go on speaking for its person, unless another one has more to say', () => {
    const own = (standing: StandingKind, spoke: boolean, others: readonly Incumbent[]): unknown =>
      match({ standing }, suspect({ own: 'u1', spoke }, others))
    expect(own('active', true, [incumbent({ speaks: false })])).to.include({ kind: 'known' })
    expect(own('active', false, [incumbent()])).to.deep.equal({ kind: 'superseded', userId: 'u1', by: 'old' })
    expect(own('ended', true, [incumbent({ speaks: false })])).to.include({ kind: 'superseded' })
    expect(own('ended', true, [incumbent({ speaks: false, isThere: false })])).to.include({ kind: 'known' })
    expect(own('active', false, [incumbent({ standing: 'ended' })])).to.include({ kind: 'known' })
  })
})

describe('two records of one address', () => {
  it('are of one person who has one number, or one name and no two numbers', () => {
    const ada = record()
    expect(isSamePerson(ada, record())).to.equal(true)
    expect(isSamePerson(ada, record({ name: 'Grace' }))).to.equal(false)
    expect(isSamePerson(ada, record({ name: null }))).to.equal(false)
    expect(isSamePerson(record({ employeeNumberKey: '1' }), record({ employeeNumberKey: '2' }))).to.equal(false)
    expect(isSamePerson(record({ employeeNumberKey: '1' }), record({ employeeNumberKey: '1', name: 'X' }))).to.equal(
      true,
    )
  })
})

describe('records that share keys', () => {
  it('are heard in the order of what they have to say, and one of each family first', () => {
    const share = (sourceId: string, standing: StandingKind, keys: readonly string[], isKnown = false) => ({
      ...record({ sourceId, standing }),
      keys,
      isKnown,
    })
    const { early, late } = sortContested([
      share('a', 'ended', ['x'], true),
      share('b', 'active', ['x', 'y']),
      share('c', 'active', ['y'], true),
      share('d', 'active', ['z']),
      share('e', 'active', ['z']),
    ])
    expect(early.map(({ sourceId }) => sourceId)).to.deep.equal(['c', 'd'])
    expect(late.map(({ sourceId }) => sourceId)).to.deep.equal(['b', 'e', 'a'])
  })
})
