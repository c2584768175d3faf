// Operations of a bulk request that refer to each other (RFC 7644 section 3.7.1).
import { AppError } from '../errors.ts'
import { findReferences, orderComponents, replaceReferences, type Resolve } from './bulk-references.ts'
import type { Task } from './bulk-request.ts'
import type { Answer } from './exchange.ts'
import { findType, type OrganizationSchema } from './organization-schema.ts'
import { readResource } from './resource.ts'
import type { ResourceType } from './schema.ts'

/** Does a task, with ids in place of its references. */
export type Send = (task: Task, resolve: Resolve) => Promise<Answer>

/**
 * Creates the resources without what does not exist yet, and then replaces those by what was asked for. `resolve` knows the
 * references that lead out of the circle. Throws circular_reference, and what the operations throw.
 */
export async function createCircle(
  tasks: readonly Task[],
  schema: OrganizationSchema,
  resolve: Resolve,
  send: Send,
): Promise<Map<Task, Answer>> {
  const circle = new Map(tasks.map((task) => [task.bulkId, task]))
  const ids = new Map<string, string>()
  const answers = new Map<Task, Answer>()
  const incomplete: Task[] = []
  for (const task of orderCircle(circle, schema)) {
    const missing: string[] = []
    const answer = await send(task, (bulkId) => {
      if (!circle.has(bulkId)) return resolve(bulkId)
      if (!ids.has(bulkId)) missing.push(bulkId)
      return ids.get(bulkId)
    })
    answers.set(task, answer)
    ids.set(task.bulkId, readId(answer))
    if (missing.length > 0) incomplete.push(task)
  }
  for (const task of incomplete) {
    const completion = { ...task, handler: task.endpoint.handlers.replace, id: ids.get(task.bulkId) ?? '' }
    const { headers } = await send(completion, (bulkId) => ids.get(bulkId) ?? resolve(bulkId))
    answers.set(task, { status: 201, ...(headers && { headers }) })
  }
  return answers
}

/** The id of what an operation created. */
export function readId({ headers }: Answer): string {
  const location = headers?.['Location'] ?? ''
  return location.slice(location.lastIndexOf('/') + 1)
}

// What cannot do without a reference, because an attribute is required, comes after what it refers to.
function orderCircle(circle: ReadonlyMap<string, Task>, schema: OrganizationSchema): Task[] {
  const dependencies = new Map(
    [...circle.values()].map((task) => {
      const needed = needsReferences(task, circle, schema) ? [...findReferences(task.data)] : []
      return [task, needed.flatMap((bulkId) => circle.get(bulkId) ?? [])]
    }),
  )
  return orderComponents(dependencies).flatMap(({ members, isCircular }) => {
    if (!isCircular) return members
    const names = members.map((task) => `bulkId:${task.bulkId}`).join(', ')
    throw new AppError(
      'circular_reference',
      `None of ${names} can be created first: each requires the id of another. Leave a reference out, and add it later.`,
    )
  })
}

function needsReferences(task: Task, circle: ReadonlyMap<string, Task>, schema: OrganizationSchema): boolean {
  const type = findType(schema, task.endpoint.typeName)
  const rest = replaceReferences(task.data, (bulkId) => (circle.has(bulkId) ? undefined : bulkId))
  return isReadable(task.data, type) && !isReadable(rest, type)
}

function isReadable(data: unknown, type: ResourceType): boolean {
  try {
    readResource(data, type, { strict: false, notes: [] })
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
