// Groups from what people have a value of.
import { expect } from 'chai'
import { createListGroups, pageGroups } from '../../providers/list-groups.ts'
import type { SourceRecord } from '../../providers/provider.ts'

const department = [
  { id: '1', name: 'Engineering' },
  { id: '2', name: 'Platform', parentId: '1' },
]

function show(records: readonly SourceRecord[]): unknown[] {
  return records.map(({ id, fields, groups }) => [id, fields['displayName'], groups])
}

describe('groups from lists', () => {
  it('are one for each item, within the one for the item above it', () => {
    expect(show(createListGroups({ department }).list())).to.deep.equal([
      ['department:1', 'Engineering', []],
      ['department:2', 'Platform', ['department:1']],
    ])
  })

  it('are found by the id of an item, or else by its name in any case', () => {
    const groups = createListGroups({ department, site: [{ id: '1', name: 'Berlin' }] })
    expect(groups.find('department', '2', 'Whatever')).to.equal('department:2')
    expect(groups.find('department', 'PLATFORM', 'Platform')).to.equal('department:2')
    expect(groups.find('department', '77', 'engineering')).to.equal('department:1')
    expect(groups.find('site', '1', 'Berlin')).to.equal('site:1')
    expect(groups.unlisted).to.deep.equal({})
  })

  it('take an id before a name, and of two items with one name the first', () => {
    const groups = createListGroups({
      department: [
        { id: '7', name: '8' },
        { id: '8', name: 'Sales' },
        { id: '9', name: 'Sales' },
      ],
    })
    expect(groups.find('department', '8', '8')).to.equal('department:8')
    expect(groups.find('department', 'Sales', 'Sales')).to.equal('department:8')
  })

  it('are made of values that stand in no list, and known again where a pull goes on', () => {
    const groups = createListGroups({ department })
    expect(groups.find('department', '99', 'Archive')).to.equal('department:99')
    const later = createListGroups({ department }, groups.unlisted)
    expect(show(later.list()).at(-1)).to.deep.equal(['department:99', 'Archive', []])
    expect(groups.unlisted).to.deep.equal({ 'department:99': 'Archive' })
  })

  it('have names of their own, though items of one name are in several lists, or below several items', () => {
    const groups = createListGroups({
      department: [
        { id: '1', name: 'EMEA' },
        { id: '2', name: 'US' },
        { id: '3', name: 'Sales', parentId: '1' },
        { id: '4', name: 'sales', parentId: '2' },
        { id: '5', name: 'Berlin' },
        { id: '6', name: 'Legal' },
        { id: '7', name: 'Legal' },
      ],
      site: [{ id: '8', name: 'Berlin' }],
    })
    expect(groups.list().map(({ fields }) => fields['displayName'])).to.deep.equal([
      'EMEA',
      'US',
      'EMEA / Sales',
      'US / sales',
      'Berlin (department)',
      'Legal (department) (department:6)',
      'Legal (department) (department:7)',
      'Berlin (site)',
    ])
  })

  it('come in pages, from the one after a place', () => {
    const groups = createListGroups({ department: ['1', '2', '3', '4', '5'].map((id) => ({ id, name: id })) }).list()
    const pages = [...pageGroups(groups, 'department:2', 2)]
    expect(pages.map(({ last }) => last)).to.deep.equal(['department:4', 'department:5'])
    expect(pages.flatMap(({ records }) => records.map(({ id }) => id))).to.deep.equal([
      'department:3',
      'department:4',
      'department:5',
    ])
  })
})
