// Every endpoint that /openapi.json has is sent what it does not expect, by somebody who may use it: each answer is one that is
// documented, so none is a 5xx, and none shows what is inside. A new endpoint is tried as soon as it is declared.
import { expect } from 'chai'
import type { Operation, Parameter } from '../../server/api/openapi.ts'
import { createSampleValue } from '../../server/api/sample-value.ts'
import { Chance } from '../fuzz/chance.ts'
import { type Plain, toJson, write } from '../fuzz/json.ts'
import { mutateJson } from '../fuzz/mutate-json.ts'
import { drawName, drawString } from '../fuzz/odd-values.ts'
import { type LdapFake, startLdapFake } from '../providers/ldap-fake.ts'
import { checkAnswer, readOpenApi } from '../support/answers.ts'
import { createTenant, operatorToken, type Tenant } from '../support/app.ts'
import { settleRuns } from '../support/account-runs.ts'
import { addPerson } from '../support/organization.ts'
import type { ScimClient } from '../support/scim-client.ts'
import { createAccount } from '../support/sources.ts'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

interface Tried {
  readonly method: Method
  readonly path: string
  readonly operation: Operation
}

const requestsForEach = 40
const lateAfterMs = 5000
const inside = /node_modules|\.ts:\d|postgres(?:ql)?:\/\/|\bselect .+ from\b|syntax error at|relation "|PRIVATE KEY/

describe('hostile input', () => {
  let tenant: Tenant
  let operator: ScimClient
  let application: ScimClient
  let ids: readonly string[]
  let source: LdapFake
  before(async () => {
    tenant = await createTenant()
    source = await startLdapFake()
    operator = tenant.scim.withToken(operatorToken)
    application = await tenant.addApplication(['read', 'write', 'hr', 'admin'])
    const userId = await addPerson(tenant.scim, 'Ada Holm', { department: 'Works' })
    const groupId = String((await tenant.scim.createGroup('Everybody', [userId]))['id'])
    const base = `//v1/organizations/${tenant.organizationId}`
    const connection = { account: createAccount().account, token: 'a-long-secret' }
    const pull = { kind: 'pull', provider: 'scripted', name: 'HR', connection }
    const pullId = String((await operator.post(`${base}/directories`, pull)).body['id'])
    const runId = String((await operator.post(`${base}/directories/${pullId}/runs`, { type: 'full' })).body['id'])
    const signsIn = { kind: 'pull', provider: 'ldap', name: 'AD', connection: source.settings }
    const signInId = String((await operator.post(`${base}/directories`, signsIn)).body['id'])
    // A run that has ended can be watched to the end.
    await settleRuns(tenant)
    const linkId = String((await operator.post(`${base}/directories/${pullId}/setup-links`, {})).body['id'])
    const locationId = String((await operator.post(`${base}/locations`, { name: 'Berlin' })).body['id'])
    const listed = (await operator.get(`${base}/directories`)).body['data'] as { id: string; kind: string }[]
    const manualId = listed.find((one) => one.kind === 'manual')?.id ?? ''
    ids = [userId, groupId, tenant.directoryId, pullId, signInId, manualId, runId, linkId, locationId]
  })

  after(() => source.close())

  it('is answered as documented, by every endpoint', async function () {
    this.timeout(60_000)
    const { paths } = await readOpenApi()
    const tried = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): Tried => ({ method: method as Method, path, operation })),
    )
    expect(tried).to.have.length.above(25)
    // What deletes comes last, so that there is something to try the others on.
    const sorted = tried.toSorted((a, b) => Number(a.method === 'delete') - Number(b.method === 'delete'))
    for (const [at, one] of sorted.entries()) {
      for (let number = 0; number < requestsForEach; number++) await attempt(one, new Chance(at, number))
    }
  })

  async function attempt({ method, path, operation }: Tried, chance: Chance): Promise<void> {
    const target = drawPath(chance, path) + drawQuery(chance, operation.parameters ?? [])
    const body = drawBody(chance, operation)
    const client = path.includes('{organization}') ? operator : application
    const began = performance.now()
    const reply = await client.send(method, `/${target}`, body, { 'Content-Type': 'application/json' })
    const request = `${method} ${target.slice(0, 300)} ${body?.slice(0, 300) ?? ''}`
    expect(performance.now() - began, request).to.be.below(lateAfterMs)
    expect(reply.text, request).not.to.match(inside)
    await checkAnswer(method, target, reply)
  }

  function drawPath(chance: Chance, path: string): string {
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      if (name === 'organization' && chance.is(0.9)) return tenant.organizationId
      return chance.is(0.6) ? chance.pick(ids) : encode(`x${drawString(chance)}`)
    })
  }
})

function drawQuery(chance: Chance, parameters: readonly Parameter[]): string {
  const drawn = parameters
    .filter((parameter) => parameter.in === 'query' && chance.is(parameter.required ? 0.9 : 0.3))
    .map(({ name, schema }) => {
      const value = chance.is(0.4) ? String(createSampleValue(schema)) : drawString(chance)
      return `${name}=${encode(value)}`
    })
  if (chance.is(0.1)) drawn.push(`${encode(drawName(chance))}=x`)
  return drawn.length === 0 ? '' : `?${drawn.join('&')}`
}

function drawBody(chance: Chance, { requestBody }: Operation): string | undefined {
  if (requestBody === undefined) return undefined
  const sample = toJson(requestBody.content['application/json']?.example as Plain)
  const times = [
    [6, 1],
    [3, 2],
    [1, 4],
  ] as const
  return write(chance.change(sample, times, (tree) => mutateJson(chance, tree)))
}

// Half of a character cannot be sent at all; what is longer than a head may be is for Node to refuse.
function encode(text: string): string {
  return encodeURIComponent(text.slice(0, 2000).toWellFormed())
}
