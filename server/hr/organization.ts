// Departments and the organization chart.
import type { Endpoint } from '../api/endpoint.ts'
import { naming } from '../api/errors.ts'
import { objectOf } from '../api/schema.ts'
import { type OrgChart, readChart } from '../directory/org/chart.ts'
import { listDepartments } from '../directory/org/departments.ts'
import { endpoint, type HrCaller } from './caller.ts'
import { includeInactive, pageParameters, toPage, toWindow } from './pages.ts'
import { queryId, text } from './parameters.ts'
import { chartNode, chartRoot, department, pageOf } from './schemas.ts'
import { tags } from './tags.ts'
import { showDepartment, showNode } from './views.ts'

const departments = endpoint({
  operationId: 'listDepartments',
  tag: tags.organization.name,
  method: 'get',
  path: '/departments',
  summary: 'List departments',
  description: `With their headcounts, in the order of their names; the same name in another case is the same department. Without
    \`limit\` all of them, but for those beyond the thousandth.`,
  scopes: ['hr'],
  query: { ...pageParameters(1000, 1000), ...includeInactive },
  status: 200,
  answer: pageOf(department),
  run: async ({ caller: { db, actor }, query }) =>
    toPage(await listDepartments(db, actor, query.include_inactive, toWindow(query)), showDepartment),
})

const chart = endpoint({
  operationId: 'readOrgChart',
  tag: tags.organization.name,
  method: 'get',
  path: '/org-chart',
  summary: 'Read the org chart',
  description: `A tree from one person down. Where the organization has several tops, and no \`root_id\` is given, \`root\` is the one with
    the most people below them, and \`other_roots\` has the others. Who is in a circle of managers is in no chart but that of somebody
    in the circle.`,
  scopes: ['hr'],
  query: {
    root_id: queryId('The person at the top; without it the top of the organization, or of the department.'),
    max_depth: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 5,
      description: 'How many levels below the root.',
    },
    department: text('Only people of this department, whatever the case, and the root that was asked for.'),
    ...includeInactive,
  },
  status: 200,
  answer: objectOf({
    root: {
      oneOf: [chartNode, { type: 'null' }],
      description: 'null where there is nobody.',
      examples: [exampleRoot()],
    },
    other_roots: { type: 'array', items: chartRoot, description: 'At most 100.', examples: [[]] },
    total_nodes: { type: 'integer', description: 'The people of the tree.', examples: [2] },
    max_depth_reached: {
      type: 'boolean',
      description: 'Whether people are left out because of `max_depth`, or because they are too many.',
      examples: [false],
    },
  }),
  errors: [404],
  run: async ({ caller: { db, actor }, query }) => {
    const { root_id: rootId, max_depth: maxDepth, department: name, include_inactive: inactive } = query
    const found = await naming(
      'root_id',
      readChart(db, actor, {
        maxDepth,
        includeInactive: inactive,
        ...(rootId === undefined ? {} : { rootId }),
        ...(name === undefined ? {} : { department: name }),
      }),
    )
    return {
      root: nest(found.nodes),
      other_roots: found.otherRoots.map(showNode),
      total_nodes: found.nodes.length,
      max_depth_reached: found.maxDepthReached,
    }
  },
})

interface Nested {
  readonly [key: string]: unknown
  readonly children: Nested[]
}

// Managers come before those who report to them.
function nest(nodes: OrgChart['nodes']): Nested | null {
  const byId = new Map<string, Nested>()
  let root: Nested | null = null
  for (const node of nodes) {
    const nested = { ...showNode(node), children: [] }
    byId.set(node.id, nested)
    if (root === null) root = nested
    else byId.get(node.managerId ?? '')?.children.push(nested)
  }
  return root
}

function exampleRoot(): Record<string, unknown> {
  const mira = {
    id: 'emp_01kaq3v5w8f2g5c6h3jqv4xesd',
    display_name: 'Mira Holm',
    email: 'mira.holm@larkspur.example',
    job_title: 'Network Engineer',
    department: 'IT Infrastructure',
    direct_report_count: 0,
    children: [],
  }
  return {
    id: 'emp_01kaq3v5w81hs9v3m7q2c4d6ya',
    display_name: 'Priya Ramires',
    email: 'priya.ramires@larkspur.example',
    job_title: 'Director of Infrastructure',
    department: 'IT Infrastructure',
    direct_report_count: 1,
    children: [mira],
  }
}

export const organizationEndpoints: readonly Endpoint<HrCaller>[] = [departments, chart]
