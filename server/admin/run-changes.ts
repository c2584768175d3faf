// What a run found that is to be done, and what it left alone and why.
import { cursorParameter, readCursor, writeCursor } from '../api/cursors.ts'
import type { Endpoint } from '../api/endpoint.ts'
import { objectOf } from '../api/schema.ts'
import { AppError } from '../errors.ts'
import type { Windowed } from '../directory/org/employee.ts'
import { changeCodes, operations } from '../sync/runs/run.ts'
import { type ErrorPlace, listChanges, listErrors, type ReportedChange } from '../sync/runs/findings.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { runChange, runError } from './run-change-schemas.ts'
import { nextCursor } from './runs.ts'
import { organizationId, runId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.runs.name
const params = { organization: organizationId, id: runId } as const

const limit = { type: 'integer', minimum: 1, maximum: 1000, default: 100, description: 'How many at most.' } as const

const changes = endpoint({
  operationId: 'listRunChanges',
  tag,
  method: 'get',
  path: '/organizations/{organization}/runs/{id}/changes',
  summary: 'List what a run does',
  description: `In the order of doing. Of a run that waits, and of a preview, this is what would be done.`,
  scopes: ['admin'],
  params,
  query: {
    operation: { enum: operations, description: 'Only these.' },
    code: { enum: changeCodes, description: 'Only those with this code.' },
    limit,
    cursor: cursorParameter,
  },
  status: 200,
  answer: objectOf({ data: { type: 'array', items: runChange }, nextCursor }),
  run: async ({ caller: { db }, params: { organization, id }, query: { cursor, operation, code, ...rest } }) => {
    const filter = { ...(operation !== undefined && { operation }), ...(code !== undefined && { code }) }
    const window = { ...rest, ...readPlace(cursor), ...filter }
    return show(await listChanges(db, { organizationId: organization, id }, window))
  },
})

const errors = endpoint({
  operationId: 'listRunErrors',
  tag,
  method: 'get',
  path: '/organizations/{organization}/runs/{id}/errors',
  summary: 'List what a run could not do',
  description: `Records that could not be read, those that were left alone, by a rule or because something is wrong, and those that were taken without
    a value that is none, or without a manager.`,
  scopes: ['admin'],
  params,
  query: { limit, cursor: cursorParameter },
  status: 200,
  answer: objectOf({ data: { type: 'array', items: runError }, nextCursor }),
  run: async ({ caller: { db }, params: { organization, id }, query: { cursor, limit: count } }) => {
    const { items, next } = await listErrors(
      db,
      { organizationId: organization, id },
      { limit: count, ...readErrorPlace(cursor) },
    )
    return { data: items, nextCursor: next === undefined ? null : writeCursor({ id: next.join('.') }) }
  },
})

function readPlace(cursor: string | undefined): { readonly after?: number } {
  const [after] = readNumbers(cursor, 1) ?? []
  return after === undefined ? {} : { after }
}

function readErrorPlace(cursor: string | undefined): { readonly after?: ErrorPlace } {
  const [part, at, line] = readNumbers(cursor, 3) ?? []
  return part === undefined || at === undefined || line === undefined ? {} : { after: [part, at, line] }
}

function readNumbers(cursor: string | undefined, count: number): readonly number[] | undefined {
  const position = readCursor(cursor)
  if (position === undefined) return undefined
  const numbers = position.id.split('.').map(Number)
  if (numbers.length === count && numbers.every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** 31))
    return numbers
  throw new AppError('invalid_cursor', 'cursor is none of this list; send a nextCursor as it was, or leave it out.', {
    data: { param: 'cursor' },
  })
}

function show({ items, next }: Windowed<ReportedChange>): object {
  const data = items.map(({ isApplied, ...one }) => ({ ...one, applied: isApplied }))
  return { data, nextCursor: next === undefined ? null : writeCursor({ id: next }) }
}

export const runChangeEndpoints: readonly Endpoint<AdminCaller>[] = [changes, errors]
