// scimmy with scimmy-routers on Express 5, in memory: the cost of the protocol without a database. Users are found by maps for
// id, userName and externalId, and only the page that is asked for goes through scimmy. Prints one line of JSON when it listens.
import { randomUUID } from 'node:crypto'
import express from 'express'
import SCIMMY from 'scimmy'
import SCIMMYRouters from 'scimmy-routers'

const token = 'a-token-for-the-benchmark-of-scimmy'
const { User, Group } = SCIMMY.Resources

const users = new Map()
const groups = new Map()
const usersBy = { username: new Map(), externalid: new Map() }

SCIMMY.Resources.declare(User.extend(SCIMMY.Schemas.EnterpriseUser, false))
  .ingress((resource, instance) => {
    const record = store(users, resource.id, instance)
    usersBy.username.set(record.userName.toLowerCase(), record)
    if (record.externalId) usersBy.externalid.set(record.externalId, record)
    return record
  })
  .egress((resource) => read(users, resource, findUser))
  .degress((resource) => users.delete(resource.id))
SCIMMY.Resources.declare(Group)
  .ingress((resource, instance) => store(groups, resource.id, instance))
  .egress((resource) => read(groups, resource, () => undefined))
  .degress((resource) => groups.delete(resource.id))

function store(records, id, instance) {
  const before = id === undefined ? undefined : records.get(id)
  const now = new Date()
  const record = {
    ...instance,
    id: id ?? randomUUID(),
    meta: { created: before?.meta.created ?? now, lastModified: now },
  }
  records.set(record.id, record)
  return record
}

function read(records, resource, find) {
  if (resource.id !== undefined) {
    const record = records.get(resource.id)
    if (record === undefined) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`)
    return record
  }
  if (resource.filter !== undefined) return find(resource.filter) ?? resource.filter.match([...records.values()])
  const { startIndex = 1, count = 100 } = resource.constraints ?? {}
  resource.constraints = { startIndex, count, totalResults: records.size }
  return [
    ...records
      .values()
      .drop(startIndex - 1)
      .take(count),
  ]
}

// A filter is a list of alternatives, each an object of comparisons.
function findUser(filter) {
  const [only] = filter
  const [[name, comparison] = []] = Object.entries(only)
  const index = usersBy[name?.toLowerCase()]
  if (filter.length !== 1 || Object.keys(only).length !== 1 || index === undefined) return undefined
  const [operator, value] = comparison
  if (operator !== 'eq') return undefined
  const record = index.get(index === usersBy.username ? String(value).toLowerCase() : value)
  return record === undefined ? [] : [record]
}

const app = express()
// The router casts numbers by writing into request.query, which Express 5 parses anew each time it is read.
app.use((request, _response, next) => {
  const query = { ...request.query }
  Object.defineProperty(request, 'query', { value: query, writable: true, configurable: true, enumerable: true })
  next()
})
app.use(
  '/scim/v2',
  new SCIMMYRouters({
    type: 'bearer',
    baseUri: (request) => `http://${request.headers.host}`,
    handler: (request) => {
      if (request.headers.authorization !== `Bearer ${token}`) throw new Error('wrong token')
      return 'bench'
    },
  }),
)
const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port, path: '/scim/v2', token }))
})
