// How the words of several directories become one person: the pure part of it.
import { expect } from 'chai'
import fc from 'fast-check'
import { mergeStatements } from '../../server/directory/authority.ts'
import { endWord, findKept, stateWord, type Word } from '../../server/directory/person.ts'
import type { LockedUser } from '../../server/directory/user-state.ts'
import { enterpriseUser, type UserResource } from '../../server/directory/user-record.ts'

const core = 'urn:ietf:params:scim:schemas:core:2.0:User'
const department = `${enterpriseUser}:department`

const say = (directoryId: string, attributes: UserResource): { directoryId: string; resource: UserResource } => ({
  directoryId,
  resource: { schemas: [core], ...attributes },
})

function lock(user: Partial<LockedUser>): LockedUser {
  const resource = { schemas: [core], userName: 'ana', active: true }
  return {
    id: 'emp_1',
    version: 1,
    state: '1',
    ownerId: 'a',
    resource,
    setBy: null,
    externalId: null,
    isAnonymized: false,
    links: [],
    authority: {},
    ...user,
  }
}

/** The person after a word was stored. */
function store(user: LockedUser, word: Word): LockedUser {
  return { ...user, ownerId: word.ownerId, resource: word.resource, setBy: word.setBy, links: word.links }
}

describe('mergeStatements', () => {
  it('takes each attribute from the first who says it', () => {
    const merged = mergeStatements([say('a', { title: 'A' }), say('b', { title: 'B', nickName: 'B' })], {})
    expect(merged.resource).to.deep.equal({ schemas: [core], title: 'A', nickName: 'B' })
    expect(merged.setBy).to.deep.equal({ title: 'a', nickName: 'b' })
  })

  it('follows the given order, where one of the named directories knows the person', () => {
    const statements = [
      say('a', { title: 'A', active: false, nickName: 'A' }),
      say('b', { title: 'B' }),
      say('c', { active: true }),
    ]
    const merged = mergeStatements(statements, { title: ['x', 'b', 'a'], active: ['c'], nickName: ['x'] })
    expect(merged.resource).to.deep.include({ title: 'B', active: true, nickName: 'A' })
  })

  it('leaves out what only a directory says that may not', () => {
    expect(mergeStatements([say('a', { title: 'A' }), say('b', {})], { title: ['b'] }).resource).to.deep.equal({
      schemas: [core],
    })
  })

  it('treats attributes of an extension one by one, and names the extension only where it has data', () => {
    const statements = [
      say('a', { [enterpriseUser]: { department: 'A', division: 'A' } }),
      say('b', { [enterpriseUser]: { department: 'B' } }),
    ]
    const { resource, setBy } = mergeStatements(statements, { [department]: ['b'] })
    expect(resource).to.deep.equal({
      schemas: [core, enterpriseUser],
      [enterpriseUser]: { department: 'B', division: 'A' },
    })
    expect(setBy[department]).to.equal('b')
    const none = mergeStatements([say('a', { [enterpriseUser]: { department: 'A' } }), say('b', {})], {
      [department]: ['b'],
    })
    expect(none.resource).to.deep.equal({ schemas: [core] })
  })

  it('takes false, zero and empty lists for values', () => {
    const merged = mergeStatements(
      [say('a', { active: false, emails: [] }), say('b', { active: true, emails: [{ value: 'x' }] })],
      {},
    )
    expect(merged.resource).to.deep.include({ active: false, emails: [] })
  })
})

describe('stateWord', () => {
  const resource = { schemas: [core], userName: 'ana', active: true, title: 'A' }
  const alone = lock({ resource, links: [{ directoryId: 'a', resource: null }] })

  it('takes the word of the only directory as it is', () => {
    const says = { schemas: [core], userName: 'ana' }
    expect(stateWord(alone, 'a', says)).to.deep.equal({
      resource: says,
      ownerId: 'a',
      setBy: null,
      links: [{ directoryId: 'a', resource: null }],
      shared: false,
    })
  })

  it('writes out the word of a directory that agreed with the record, once they differ', () => {
    const word = stateWord(alone, 'b', { schemas: [core], userName: 'ana', nickName: 'B' })
    expect(word.resource).to.deep.include({ title: 'A', nickName: 'B' })
    expect(word.links).to.deep.equal([
      { directoryId: 'a', resource },
      { directoryId: 'b', resource: { schemas: [core], userName: 'ana', nickName: 'B' } },
    ])
    expect(word.setBy).to.deep.equal({ userName: 'a', active: 'a', title: 'a', nickName: 'b' })
  })

  it('changes nothing, not even the order of the links, where a directory repeats itself', () => {
    const user = store(alone, stateWord(alone, 'b', { schemas: [core], userName: 'ana', nickName: 'B' }))
    const again = stateWord(user, 'a', resource)
    expect(again.links).to.deep.equal(user.links)
    expect(again.resource).to.deep.equal(user.resource)
  })

  it('compresses the word of whoever says exactly what the record says', () => {
    const user = store(alone, stateWord(alone, 'b', { schemas: [core], nickName: 'B' }))
    const word = stateWord(user, 'b', resource)
    expect(word.links).to.deep.equal([
      { directoryId: 'a', resource: null },
      { directoryId: 'b', resource: null },
    ])
  })

  it('keeps userName and active where nobody says them', () => {
    const user = store(alone, stateWord(alone, 'b', { schemas: [core], nickName: 'B' }))
    expect(stateWord(user, 'a', { schemas: [core], title: 'A' }).resource).to.deep.include({
      userName: 'ana',
      active: true,
    })
  })
})

describe('endWord', () => {
  it('passes the owner on to the oldest of the others, twice', () => {
    let user = lock({ links: [{ directoryId: 'a', resource: null }] })
    user = store(user, stateWord(user, 'b', { schemas: [core], userName: 'ana', title: 'B' }))
    user = store(user, stateWord(user, 'c', { schemas: [core], userName: 'ana', title: 'C' }))
    expect(user.resource['title']).to.equal('B')
    user = store(user, endWord(user, 'a'))
    expect([user.ownerId, user.resource['title'], user.links.length]).to.deep.equal(['b', 'B', 2])
    user = store(user, endWord(user, 'b'))
    expect([user.ownerId, user.resource['title'], user.setBy]).to.deep.equal(['c', 'C', null])
    expect(user.links).to.deep.equal([{ directoryId: 'c', resource: { schemas: [core], userName: 'ana', title: 'C' } }])
  })
})

describe('findKept', () => {
  const user = store(
    lock({ resource: { schemas: [core], userName: 'ana', title: 'A' }, links: [{ directoryId: 'a', resource: null }] }),
    stateWord(
      lock({
        resource: { schemas: [core], userName: 'ana', title: 'A' },
        links: [{ directoryId: 'a', resource: null }],
      }),
      'b',
      {
        schemas: [core],
        nickName: 'B',
      },
    ),
  )

  it('lists what a PUT named and did not get, not what it left out', () => {
    const wanted = { schemas: [core], userName: 'annie', nickName: 'B' }
    expect(findKept(user, stateWord(user, 'b', wanted), wanted, true)).to.deep.equal([
      { attribute: 'userName', setBy: 'a' },
    ])
  })

  it('lists what a PATCH took away in vain', () => {
    const { title: _, ...wanted } = user.resource
    const word = stateWord(user, 'b', { schemas: [core], nickName: 'B' })
    expect(findKept(user, word, wanted, false)).to.deep.equal([{ attribute: 'title', setBy: 'a' }])
  })
})

// What is stored after any history says as much as the histories of all directories together.
describe('any sequence of words', () => {
  const attribute = fc.constantFrom('title', 'nickName', 'locale', 'active')
  const words = fc.record({
    directoryId: fc.constantFrom('a', 'b', 'c'),
    says: fc.option(fc.dictionary(attribute, fc.constantFrom('x', 'y'), { noNullPrototype: true }), {
      nil: undefined,
      freq: 4,
    }),
  })
  const authority = fc.dictionary(attribute, fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')), {
    noNullPrototype: true,
  })

  it('is a merge of the last word of each', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), authority, (history, given) => {
        const first = { schemas: [core], userName: 'ana', title: 'x' }
        let user = lock({ resource: first, links: [{ directoryId: 'a', resource: null }], authority: given })
        const said = new Map<string, UserResource>([['a', first]])
        for (const { directoryId, says } of history) {
          if (says === undefined) {
            if (!said.has(directoryId) || said.size === 1) continue
            said.delete(directoryId)
            user = store(user, endWord(user, directoryId))
          } else {
            const resource = { schemas: [core], userName: 'ana', ...says }
            said.set(directoryId, resource)
            user = store(user, stateWord(user, directoryId, resource))
          }
          const stored = new Map(user.links.map((link) => [link.directoryId, link.resource ?? user.resource]))
          expect(stored).to.deep.equal(said)
          expect(said.has(user.ownerId)).to.equal(true)
          const order = [user.ownerId, ...[...said.keys()].filter((id) => id !== user.ownerId)]
          const expected = mergeStatements(
            order.map((id) => ({ directoryId: id, resource: said.get(id) ?? {} })),
            given,
          )
          const { active: _, ...rest } = user.resource
          const { active: __, ...expectedRest } = expected.resource
          if (said.size > 1) expect(rest).to.deep.equal(expectedRest)
        }
      }),
      { numRuns: 500 },
    )
  })
})
