// Groups in parts, and their names.
import { expect } from 'chai'
import { type GroupPart, nameApart, pageParts } from '../../providers/group-parts.ts'

async function* give(ids: readonly string[]): AsyncIterable<GroupPart> {
  for (const [index, id] of ids.entries()) {
    yield await Promise.resolve({
      record: { id, type: 'group', fields: {}, members: [{ id: `member ${index}`, type: 'user' }] },
      place: { group: id, link: id === ids[index + 1] ? `part ${index + 1}` : null },
    })
  }
}

async function show(ids: readonly string[], pageSize: number): Promise<unknown[]> {
  const pages: unknown[] = []
  for await (const { records, place } of pageParts(give(ids), pageSize)) {
    pages.push([records.map(({ id }) => id).join(' '), place.group, place.link])
  }
  return pages
}

describe('groups in parts', () => {
  it('come in pages, each with where to go on behind it', async () => {
    expect(await show(['a', 'b', 'c'], 2)).to.deep.equal([
      ['a b', 'b', null],
      ['c', 'c', null],
    ])
    expect(await show([], 2)).to.deep.equal([])
  })

  it('are never twice on a page', async () => {
    expect(await show(['a', 'b', 'b', 'b', 'c'], 10)).to.deep.equal([
      ['a b', 'b', 'part 2'],
      ['b', 'b', 'part 3'],
      ['b c', 'c', null],
    ])
  })

  it('keep their names, and the younger ones of one name have their ids behind it', () => {
    const names = nameApart([
      { id: '3', name: 'Sales', created: '2024-01-01' },
      { id: '1', name: 'sales', created: '2024-01-01' },
      { id: '2', name: 'SALES', created: '2023-01-01' },
      { id: '4', name: 'Legal', created: '' },
    ])
    expect(Object.fromEntries(names)).to.deep.equal({ 1: 'sales (1)', 2: 'SALES', 3: 'Sales (3)', 4: 'Legal' })
  })
})
