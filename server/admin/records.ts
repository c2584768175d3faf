// Where what is known of a person comes from.
import type { Endpoint } from '../api/endpoint.ts'
import { component } from '../api/schema.ts'
import { readOrigin } from '../directory/origin.ts'
import { listPersonRecords } from '../sync/records.ts'
import { changeCodes } from '../sync/runs/run.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { directoryId, organizationId, time, userId } from './schemas.ts'
import { tags } from './tags.ts'

const resource = (description: string, example: object) =>
  ({ type: 'object', additionalProperties: true, description, examples: [example] }) as const

const record = component('SourceRecord', 'What a source last said of a person.', {
  sourceId: { type: 'string', description: 'What the source calls the record.', examples: ['3332883884017713938'] },
  raw: resource('As the source says it.', { id: '3332883884017713938', firstName: 'Ada' }),
  normalized: resource('The same as SCIM, without what depends on the day or on others.', {
    name: { givenName: 'Ada' },
  }),
  speaks: {
    type: 'boolean',
    description: 'Whether the word of the directory is what this record says: of several of one person one does.',
    examples: [true],
  },
  problem: {
    enum: [...changeCodes, null],
    description: 'Why nothing came of it, or not all; null where nothing is wrong.',
    examples: [null],
  },
  dueAt: time('When a day comes that changes what it means; null where none does.', ['string', 'null']),
  missingSince: time('Since when the source does not return it; null where it does.', ['string', 'null']),
})

const word = component('DirectoryWord', 'What one directory says of a person.', {
  directoryId,
  externalId: { type: ['string', 'null'], description: 'What it calls the person.', examples: ['3332883884017713938'] },
  isOwner: { type: 'boolean', description: 'Whether the person is its own.', examples: [true] },
  says: {
    type: ['object', 'null'],
    additionalProperties: true,
    description: 'What the person would be by its word alone; null where that has ended.',
    examples: [{ userName: 'ada@larkspur.example' }],
  },
  seenAt: time('When it last spoke of the person.'),
  endedAt: time('When it said that it knows the person no more; null where it did not.', ['string', 'null']),
  records: {
    type: 'array',
    items: record,
    description: 'Of a directory that is pulled, or that files are imported into.',
  },
})

const read = endpoint({
  operationId: 'readUserRecords',
  tag: tags.users.name,
  method: 'get',
  path: '/organizations/{organization}/users/{id}/records',
  summary: 'Read where what is known of a user comes from',
  description:
    'What each directory says of the person, the records of sources that it has it from, and whose word counts for each attribute.',
  scopes: ['admin'],
  params: { organization: organizationId, id: userId },
  status: 200,
  answer: component('UserRecords', 'Where what is known of a user comes from.', {
    directories: { type: 'array', items: word, description: 'The one that owns the person first.' },
    setBy: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Attribute → the directory whose word it is.',
      examples: [{ title: directoryId.examples[0] }],
    },
  }),
  run: async ({ caller: { db }, params: { organization, id } }) => {
    const [{ words, setBy }, records] = await Promise.all([
      readOrigin(db, organization, id),
      listPersonRecords(db, organization, id),
    ])
    const byDirectory = Map.groupBy(records, (one) => one.directoryId)
    const directories = words.map((one) => {
      const own = byDirectory.get(one.directoryId) ?? []
      return { ...one, records: own.map(({ directoryId: _, ...rest }) => rest) }
    })
    return { directories, setBy }
  },
})

export const recordEndpoints: readonly Endpoint<AdminCaller>[] = [read]
