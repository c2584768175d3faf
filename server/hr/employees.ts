// People one by one and in pages, and those above and below them.
import type { Endpoint } from '../api/endpoint.ts'
import { objectOf } from '../api/schema.ts'
import { readChain } from '../directory/org/chain.ts'
import { listDirectReports, listEmployees, readEmployee } from '../directory/org/employees.ts'
import { readTimeOff } from '../directory/org/time-off.ts'
import { endpoint, type HrCaller } from './caller.ts'
import { searchEmployees } from './employee-search.ts'
import { includeInactive, pageParameters, toPage, toWindow } from './pages.ts'
import { employeeId, queryId, source, status, text } from './parameters.ts'
import { chainLink, directReport, employee, employeeDetail, pageOf, timeOff } from './schemas.ts'
import { tags } from './tags.ts'
import { showEmployee, showEmployeeDetail, showLink, showSummary, showTimeOff } from './views.ts'

const listed = endpoint({
  operationId: 'listEmployees',
  tag: tags.employees.name,
  method: 'get',
  path: '/employees',
  summary: 'List employees',
  description: `In the order of their ids, which is that of their making; a page goes on behind the last one of the page before,
    whoever came or went meanwhile. With \`search\` the best matches come first, and the pages together have those of the 200 best
    matches that the other filters leave.`,
  scopes: ['hr'],
  query: {
    ...pageParameters(20, 100),
    department: text('Only people of this department, whatever the case.', 'IT Infrastructure'),
    status,
    source,
    manager_id: queryId('Only those whose manager this person is.'),
    search: text('Part of a name, an e-mail address or an employee number, mistyped perhaps.'),
  },
  status: 200,
  answer: pageOf(employee),
  run: async ({ caller: { db, actor }, query }) => {
    const { limit: _limit, cursor: _cursor, search, manager_id: managerId, ...rest } = query
    const filter = { ...rest, ...(managerId === undefined ? {} : { managerId }) }
    const show = (one: Parameters<typeof showEmployee>[0]) => showEmployee(one, actor.organizationId)
    if (search !== undefined) return searchEmployees(db, actor, { search, filter, page: query }, show)
    return toPage(await listEmployees(db, actor, filter, toWindow(query)), show)
  },
})

const read = endpoint({
  operationId: 'readEmployee',
  tag: tags.employees.name,
  method: 'get',
  path: '/employees/{id}',
  summary: 'Read an employee',
  scopes: ['hr'],
  params: { id: employeeId },
  status: 200,
  answer: employeeDetail,
  run: async ({ caller: { db, actor }, params }) =>
    showEmployeeDetail(await readEmployee(db, actor, params.id), actor.organizationId),
})

const readTimeOffOf = endpoint({
  operationId: 'readTimeOff',
  tag: tags.employees.name,
  method: 'get',
  path: '/employees/{id}/time-off',
  summary: 'Read time off',
  description: `What a person has left of each kind of time off, and when they are away, today or later, as their sources last said. In SCIM it
    is in the user: \`leaveBalances\` and \`absences\` of the extension of Rollcall.`,
  scopes: ['hr'],
  params: { id: employeeId },
  status: 200,
  answer: timeOff,
  run: async ({ caller: { db, actor }, params }) => showTimeOff(params.id, await readTimeOff(db, actor, params.id)),
})

const directReports = endpoint({
  operationId: 'listDirectReports',
  tag: tags.organization.name,
  method: 'get',
  path: '/employees/{id}/direct-reports',
  summary: 'List direct reports',
  description: 'Who reports to a person. Without `limit` all of them, but for those beyond the thousandth.',
  scopes: ['hr'],
  params: { id: employeeId },
  query: { ...pageParameters(1000, 1000), ...includeInactive },
  status: 200,
  answer: pageOf(directReport),
  run: async ({ caller: { db, actor }, params, query }) =>
    toPage(await listDirectReports(db, actor, params.id, query.include_inactive, toWindow(query)), showSummary),
})

const chain = endpoint({
  operationId: 'readChain',
  tag: tags.organization.name,
  method: 'get',
  path: '/employees/{id}/chain',
  summary: 'Read the management chain',
  description: `Up: whom a person reports to, whom that one reports to, and so on. Down: all who report to a person, level by level.
    \`end\` says why the chain ends; bad data ends it, too.`,
  scopes: ['hr'],
  params: { id: employeeId },
  query: {
    direction: { enum: ['up', 'down'], default: 'up', description: 'Towards the top, or to everybody below.' },
    max_depth: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 10,
      description: 'How many levels at most.',
    },
    ...includeInactive,
  },
  status: 200,
  answer: objectOf({
    employee_id: { type: 'string', description: 'Whose chain it is.', examples: ['emp_01kaq3v5w8f2g5c6h3jqv4xesd'] },
    direction: { enum: ['up', 'down'], description: 'As asked.' },
    depth: { type: 'integer', description: 'The deepest level of the chain; 0 where it is empty.', examples: [1] },
    end: {
      enum: ['complete', 'max_depth', 'max_people', 'cycle', 'missing_manager'],
      description: `\`complete\`: nobody comes behind; \`max_depth\`: more come behind; \`max_people\`: it would be too many people; \`cycle\`:
        it comes back to somebody; \`missing_manager\`: the next one is not in the directory.`,
    },
    chain: { type: 'array', items: chainLink },
  }),
  run: async ({ caller: { db, actor }, params, query }) => {
    const { direction, max_depth: maxDepth, include_inactive: inactive } = query
    const { links, end } = await readChain(db, actor, params.id, { direction, maxDepth, includeInactive: inactive })
    const depth = links.reduce((deepest, { level }) => Math.max(deepest, level), 0)
    return { employee_id: params.id, direction, depth, end, chain: links.map(showLink) }
  },
})

export const employeeEndpoints: readonly Endpoint<HrCaller>[] = [listed, read, readTimeOffOf, directReports, chain]
