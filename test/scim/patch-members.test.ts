import { expect } from 'chai'
import type { Condition } from '../../server/directory/condition.ts'
import { matchesValue } from '../../server/directory/condition-match.ts'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { type MemberOperation, planMembers } from '../../server/scim/member-operations.ts'
import { compileResourceType } from '../../server/scim/schema.ts'
import { desk, deskSchema, groupType, growers, patch, readCode } from '../support/patch-in-memory.ts'
import { groupSchema } from '../support/scim-client.ts'

describe('PATCH operations on members', () => {
  const plan = (operation: unknown, strict = false): readonly MemberOperation[] =>
    patch([operation], { type: groupType, strict }).members

  const planned: readonly [string, unknown, MemberOperation[]][] = [
    [
      '7644-3.5.2.1-05',
      { op: 'add', path: 'members', value: [{ value: 'a' }, { value: 'b', $ref: null }, { value: 'a' }] },
      [{ kind: 'add', ids: ['a', 'b'] }],
    ],
    ['7644-3.5.2.1-05', { op: 'add', path: 'members', value: { value: 'a' } }, [{ kind: 'add', ids: ['a'] }]],
    ['7644-3.5.2.1-05', { op: 'add', path: 'members', value: 'a' }, [{ kind: 'add', ids: ['a'] }]],
    ['7644-3.5.2.1-05', { op: 'add', path: 'members', value: [] }, [{ kind: 'add', ids: [] }]],
    ['7644-3.5.2.1-02', { op: 'add', value: { members: [{ value: 'a' }] } }, [{ kind: 'add', ids: ['a'] }]],
    ['C-25', { op: 'add', path: 'members[value eq "a"]' }, [{ kind: 'add', ids: ['a'] }]],
    [
      'C-25',
      { op: 'add', path: `${groupSchema}:members[value eq "a"]`, value: [{ value: 'a' }] },
      [{ kind: 'add', ids: ['a'] }],
    ],
    [
      '7644-3.5.2.3-03',
      { op: 'replace', path: 'members', value: [{ value: 'a', display: 'A', type: 'User' }] },
      [{ kind: 'set', ids: ['a'] }],
    ],
    ['7644-3.5.2.3-03', { op: 'replace', path: 'members', value: [] }, [{ kind: 'set', ids: [] }]],
    ['7644-3.5.2.3-02', { op: 'replace', path: 'members', value: null }, [{ kind: 'set', ids: [] }]],
    ['7644-3.5.2.3-01', { op: 'replace', value: { members: [] } }, [{ kind: 'set', ids: [] }]],
    ['7644-3.5.2.2-03', { op: 'remove', path: 'members' }, [{ kind: 'set', ids: [] }]],
    ['7644-3.5.2.2-03', { op: 'remove', path: 'members', value: null }, [{ kind: 'set', ids: [] }]],
    [
      '7644-3.5.2.2-08 A-02',
      { op: 'remove', path: 'members', value: [{ value: 'a', $ref: null }] },
      [{ kind: 'remove', ids: ['a'] }],
    ],
    [
      '7644-3.5.2.2-08 A-02',
      { op: 'remove', path: 'members', value: { value: 'a' } },
      [{ kind: 'remove', ids: ['a'] }],
    ],
    ['7644-3.5.2.2-08 A-02', { op: 'remove', path: 'members', value: ['a', null] }, [{ kind: 'remove', ids: ['a'] }]],
    [
      '7644-3.5.2.2-08 A-02',
      { op: 'remove', path: 'members', value: { members: [{ value: 'a' }] } },
      [{ kind: 'remove', ids: ['a'] }],
    ],
    [
      '7644-3.5.2.2-08 A-02',
      { op: 'remove', path: 'members', value: { members: null } },
      [{ kind: 'remove', ids: [] }],
    ],
    ['7644-3.5.2.2-08 A-02', { op: 'remove', path: 'members', value: [] }, [{ kind: 'remove', ids: [] }]],
    ['7644-3.5.2.2-04', { op: 'remove', path: 'members[value eq "a"]' }, [{ kind: 'remove', ids: ['a'] }]],
    [
      '7644-3.5.2.2-04',
      { op: 'remove', path: 'members[value eq "a" or value eq "b"]' },
      [{ kind: 'remove', ids: ['a', 'b'] }],
    ],
    ['7643-2.1-01', { op: 'remove', path: 'members', value: [{ VALUE: 'a' }] }, [{ kind: 'remove', ids: ['a'] }]],
    ['7644-3.5.2.2-08', { op: 'remove', path: 'members', value: [{}, ''] }, [{ kind: 'remove', ids: [] }]],
    [
      '7644-3.5.2.3-02',
      { op: 'replace', path: 'members[value eq "a"]', value: null },
      [{ kind: 'remove', ids: ['a'] }],
    ],
    ['7644-3.5.2.2-04', { op: 'remove', path: 'members[value eq "A"]' }, [{ kind: 'remove', ids: ['a'] }]],
  ]
  for (const [ids, operation, expected] of planned) {
    it(`${ids} mean ${expected.map(({ kind }) => kind).join()}: ${JSON.stringify(operation)}`, () => {
      expect(plan(operation)).to.deep.equal(expected)
    })
  }

  for (const filter of [
    'type eq "Group"',
    'value ne "a"',
    'value eq "a" and type eq "User"',
    'not (value eq "a")',
    'display sw "Mi"',
  ]) {
    it(`7644-3.5.2.2-04 look members up by members[${filter}]`, () => {
      expect(plan({ op: 'remove', path: `members[${filter}]` }).map(({ kind }) => kind)).to.deep.equal(['removeWhere'])
    })
  }

  it('take ids without an object around them, and are refused so in strict mode', () => {
    for (const op of ['add', 'replace', 'remove']) {
      const operation = { op, path: 'members', value: ['a'] }
      expect(plan(operation)).to.have.length(1)
      expect(readCode(() => plan(operation, true))).to.equal('invalid_value')
    }
  })

  const refused: readonly [string, unknown, string][] = [
    ['7644-3.5.2-09', { op: 'add', path: 'members', value: [{ display: 'Mira' }] }, 'invalid_value'],
    ['7644-3.5.2-09', { op: 'add', path: 'members', value: 7 }, 'invalid_value'],
    ['7644-3.5.2.2-08 A-02', { op: 'remove', path: 'members', value: [{ display: 'Mira' }] }, 'invalid_value'],
    ['7644-3.5.2.2-08 A-02', { op: 'remove', path: 'members', value: 7 }, 'invalid_value'],
    ['7644-3.5.2-11 A-08', { op: 'replace', path: 'members[value eq "a"]', value: { value: 'b' } }, 'mutability'],
    ['7644-3.5.2-11 A-08', { op: 'replace', path: 'members[value eq "a"].value', value: 'b' }, 'mutability'],
    ['7644-3.5.2-11 A-08', { op: 'remove', path: 'members[value eq "a"].value' }, 'mutability'],
    ['7644-3.5.2-11 A-08', { op: 'replace', path: 'members.display', value: 'Mira' }, 'mutability'],
    ['7644-3.5.2.1-11', { op: 'add', path: 'members[type eq "User"]', value: [{ value: 'a' }] }, 'no_target'],
    ['7644-3.5.2-08', { op: 'remove', path: 'members[shoe eq "a"]' }, 'invalid_filter'],
    ['7644-3.5.2-05', { op: 'remove', path: 'members[' }, 'invalid_path'],
    ['7644-3.5.2-06', { op: 'remove', path: '/members/-' }, 'invalid_path'],
    ['7644-3.5.2.2-06', { op: 'remove', path: 'displayName' }, 'mutability'],
    ['7644-3.5.2.1-12', { op: 'replace', path: 'displayName', value: '' }, 'invalid_value'],
  ]
  for (const [ids, operation, code] of refused) {
    it(`${ids} refuse ${JSON.stringify(operation)}: ${code}`, () => {
      expect(readCode(() => plan(operation))).to.equal(code)
    })
  }

  it('are not those of an attribute of that name in an extension', () => {
    const crew = { ...desk, attributes: [{ name: 'members', type: 'string' as const, multiValued: true }] }
    const definition = declareResourceTypes().find(({ name }) => name === 'Group')
    if (definition === undefined) throw new Error('there is no Group')
    const type = compileResourceType({ ...definition, extensions: [{ schema: crew, required: false }] })
    const operation = { op: 'add', path: `${deskSchema}:members`, value: ['Ana'] }
    const { resource, members } = patch([operation], { type, resource: growers })
    expect([resource[deskSchema], members]).to.deep.equal([{ members: ['Ana'] }, []])
  })

  describe('planned together', () => {
    const add = (...ids: string[]): MemberOperation => ({ kind: 'add', ids })
    const remove = (...ids: string[]): MemberOperation => ({ kind: 'remove', ids })
    const set = (...ids: string[]): MemberOperation => ({ kind: 'set', ids })
    const path = {
      extension: undefined,
      name: 'members',
      sub: 'value',
      multiValued: true,
      type: 'string' as const,
      caseExact: false,
    }
    const equal = (value: string): Condition => ({ kind: 'compare', path, comparison: 'eq', value })
    const replace = (id: string): MemberOperation => {
      const refuse = (): void => {
        if (id === 'refused') throw new AppError('no_target')
      }
      return { kind: 'addUnless', condition: equal(id), ids: [id], refuse }
    }
    const plans: readonly [string, string, MemberOperation[], unknown][] = [
      ['7644-3.5.2-17', 'add then remove', [add('a', 'b'), remove('a')], { kind: 'change', add: ['b'], remove: ['a'] }],
      ['7644-3.5.2-17', 'remove then add', [remove('a', 'b'), add('a')], { kind: 'change', add: ['a'], remove: ['b'] }],
      ['7644-3.5.2-17', 'remove all then add', [set(), add('a'), add('b')], { kind: 'set', ids: ['a', 'b'] }],
      ['7644-3.5.2-17', 'add then remove all', [add('a'), set()], { kind: 'set', ids: [] }],
      ['7644-3.5.2-17', 'replace then remove', [set('a', 'b'), remove('b')], { kind: 'set', ids: ['a'] }],
      ['7644-3.5.2-17', 'replace twice', [set('a'), set('b')], { kind: 'set', ids: ['b'] }],
      [
        '7644-3.5.2.2-04',
        'those that meet a filter',
        [add('a'), { kind: 'removeWhere', condition: equal('stored') }],
        { kind: 'change', add: ['a'], remove: ['stored'] },
      ],
      [
        '7644-3.5.2-17 7644-3.5.2.2-04',
        'those that meet a filter, of what was just added',
        [add('a', 'b'), { kind: 'removeWhere', condition: equal('a') }],
        { kind: 'change', add: ['b'], remove: ['a'] },
      ],
      [
        '7644-3.5.2-17 7644-3.5.2.2-04',
        'replace, then those that meet a filter',
        [set('a', 'b'), { kind: 'removeWhere', condition: equal('b') }],
        { kind: 'set', ids: ['a'] },
      ],
      ['A-04', 'one that is there', [replace('stored')], { kind: 'change', add: [], remove: [] }],
      ['A-04', 'one that was just added', [add('a'), replace('a')], { kind: 'change', add: ['a'], remove: [] }],
      ['A-04', 'one that is not there', [replace('a')], { kind: 'change', add: ['a'], remove: [] }],
      [
        'A-04',
        'one that just went',
        [remove('stored'), replace('stored')],
        { kind: 'change', add: ['stored'], remove: [] },
      ],
      ['A-04', 'one after all went', [set(), replace('stored')], { kind: 'set', ids: ['stored'] }],
    ]
    // The group has one member, `stored`.
    const find = async (condition: Condition, added: readonly string[]): Promise<string[]> =>
      ['stored', ...added].filter((id) => matchesValue({ value: id }, condition))
    for (const [ids, what, operations, expected] of plans) {
      it(`${ids} ${what}`, async () => expect(await planMembers(operations, find)).to.deep.equal(expected))
    }
    it('7644-3.5.2.3-08 one that is not there, where that is refused', async () => {
      const error: unknown = await planMembers([replace('refused')], find).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(AppError).with.property('code', 'no_target')
    })
  })
})
