// The groups of the directories, and who is in them.
import type { Endpoint } from '../api/endpoint.ts'
import { listDirectoryGroups, listGroupMembers } from '../directory/org/directory-groups.ts'
import { endpoint, type HrCaller } from './caller.ts'
import { pageParameters, toPage, toWindow } from './pages.ts'
import { groupId, source, text } from './parameters.ts'
import { group, member, pageOf } from './schemas.ts'
import { tags } from './tags.ts'
import { showGroup, showMember } from './views.ts'

const groups = endpoint({
  operationId: 'listGroups',
  tag: tags.groups.name,
  method: 'get',
  path: '/groups',
  summary: 'List groups',
  description: 'In the order of their ids.',
  scopes: ['hr'],
  query: {
    ...pageParameters(20, 100),
    source,
    search: text('In the name or the description, whatever the case.', 'cloud'),
    is_security_group: {
      type: 'boolean',
      description: 'Only groups that give access, or only those that do not; without it both.',
    },
  },
  status: 200,
  answer: pageOf(group),
  run: async ({ caller: { db, actor }, query }) => {
    const { limit: _limit, cursor: _cursor, is_security_group: isSecurityGroup, ...rest } = query
    const filter = { ...rest, ...(isSecurityGroup === undefined ? {} : { isSecurityGroup }) }
    return toPage(await listDirectoryGroups(db, actor, filter, toWindow(query)), showGroup)
  },
})

const members = endpoint({
  operationId: 'listGroupMembers',
  tag: tags.groups.name,
  method: 'get',
  path: '/groups/{id}/members',
  summary: 'List group members',
  description: 'The people who are in a group, in the order of their ids; groups that are in each other do no harm.',
  scopes: ['hr'],
  params: { id: groupId },
  query: {
    ...pageParameters(50, 200),
    resolve_nested: {
      type: 'boolean',
      default: true,
      description: 'Whether people who are in groups that are in the group count, too.',
    },
  },
  status: 200,
  answer: pageOf(member, {
    group_id: { type: 'string', description: 'The group.', examples: ['grp_01kaq3v5x9w2r4t6y8z0a1b3ce'] },
    group_name: { type: 'string', description: 'Its name.', examples: ['Cloud-Admins'] },
    member_count: { type: 'integer', description: 'How many people there are on all pages together.', examples: [8] },
    resolved_nested: { type: 'boolean', description: 'As asked.', examples: [true] },
  }),
  run: async ({ caller: { db, actor }, params, query }) => {
    const found = await listGroupMembers(db, actor, params.id, query.resolve_nested, toWindow(query))
    return {
      group_id: found.group.id,
      group_name: found.group.name,
      member_count: found.total,
      resolved_nested: query.resolve_nested,
      ...toPage(found, showMember),
    }
  },
})

export const groupEndpoints: readonly Endpoint<HrCaller>[] = [groups, members]
