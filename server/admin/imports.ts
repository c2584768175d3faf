// Imports of CSV files.
import type { Endpoint } from '../api/endpoint.ts'
import { component } from '../api/schema.ts'
import type { JsonObject } from '../db/tables.ts'
import { requestImport, suggestMapping } from '../sync/runs/imports.ts'
import { readRunReport } from '../sync/runs/reports.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { mappingBody, mappingSchema } from './mapping-schema.ts'
import { actFor } from './runs.ts'
import { run } from './run-schemas.ts'
import { directoryId, organizationId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.imports.name
const maxBodyBytes = 33_554_432
const params = { organization: organizationId, id: directoryId } as const

const file = {
  text: {
    type: 'string',
    minLength: 1,
    description: 'The file: a header, and below it a line for each person.',
    examples: ['employee_number,first_name,last_name,email\n1042,Ada,Holm,ada@larkspur.example\n'],
  },
  delimiter: {
    enum: ['auto', 'comma', 'semicolon', 'tab'],
    default: 'auto',
    description: 'What stands between two columns.',
  },
  idColumn: {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    description: 'The column that tells people apart and never changes; the best known one where it is left out.',
    examples: ['employee_number'],
  },
} as const

const preview = {
  type: 'boolean',
  default: false,
  description: 'Whether it only says what it would do.',
  examples: [true],
} as const

const text = { mediaType: 'text/csv', member: 'text' } as const

const request = endpoint({
  operationId: 'importFile',
  tag,
  method: 'post',
  path: '/organizations/{organization}/directories/{id}/imports',
  summary: 'Import a CSV file',
  description: `Into the manual directory: people are matched as in any run, those who are found are updated, and nobody is missed. The body is
    JSON, or the file itself as \`text/csv\`, then with the mapping that its columns suggest. The run's errors name the lines that could
    not be taken.`,
  scopes: ['admin'],
  params,
  query: { preview: { ...preview, description: 'The same for a body that is the file itself.' } },
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['text'],
    properties: {
      ...file,
      mapping: {
        ...mappingBody,
        description: 'SCIM attribute → column, or rule, over the mapping that the columns suggest.',
        examples: [{ title: 'Job' }],
      },
      preview,
    },
  },
  text,
  maxBodyBytes,
  status: 202,
  answer: run,
  errors: [409],
  run: async ({ caller, params: { organization, id }, query, body: { mapping, preview: isPreview, ...given } }) => {
    const { sync, at } = caller
    const wanted = {
      ...given,
      isPreview: isPreview || query.preview,
      ...(mapping !== undefined && { mapping: mapping as JsonObject }),
    }
    const runId = await requestImport(sync, actFor(caller, organization, id), id, wanted)
    return readRunReport(sync.db, { organizationId: organization, id: runId }, at)
  },
})

const columns = endpoint({
  operationId: 'suggestImportMapping',
  tag,
  method: 'post',
  path: '/organizations/{organization}/directories/{id}/imports/columns',
  summary: 'Look at the columns of a CSV file',
  description:
    'What they are called, and the mapping that their names suggest. Nothing is kept; the header alone is enough.',
  scopes: ['admin'],
  params,
  body: { type: 'object', additionalProperties: false, required: ['text'], properties: file },
  text,
  maxBodyBytes,
  status: 200,
  answer: component('ImportColumns', 'The columns of a file.', {
    columns: {
      type: 'array',
      items: { type: 'string' },
      description: 'Their names.',
      examples: [['email', 'first_name']],
    },
    mapping: {
      ...mappingSchema,
      description: 'SCIM attribute → rule.',
      examples: [{ 'name.givenName': 'first_name' }],
    },
  }),
  run: ({ caller: { sync }, body }) => Promise.resolve(suggestMapping(sync, body)),
})

export const importEndpoints: readonly Endpoint<AdminCaller>[] = [request, columns]
