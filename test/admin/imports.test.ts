// CSV files that are imported through the management API.
import { expect } from 'chai'
import { AdminClient } from '../support/admin-client.ts'
import { settleRuns } from '../support/account-runs.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import type { Body, Reply } from '../support/scim-client.ts'

const header = 'employee_number,first_name,last_name,email,title'
const ada = '1,Ada,Holm,ada@larkspur.example,Engineer'
const bob = '2,Bob,Lund,bob@larkspur.example,Cook'

describe('imports', () => {
  let tenant: Tenant
  let admin: AdminClient
  let manual: string
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    const listed = (await admin.get('/directories')).body['data'] as Body[]
    manual = String(listed.find((one) => one['kind'] === 'manual')?.['id'])
  })

  const send = (body: unknown, query = '', type = 'text/csv', directory = manual): Promise<Reply> =>
    admin.send('post', `/directories/${directory}/imports${query}`, body, { 'Content-Type': type })
  const json = (body: Body, query = ''): Promise<Reply> => send(body, query, 'application/json')
  async function done(asked: Reply): Promise<Body> {
    expect(asked.status, asked.text).to.equal(202)
    await settleRuns(tenant)
    return (await admin.get(`/runs/${asked.body['id']}`)).body
  }
  const listPeople = async (): Promise<Record<string, string>> => {
    const { body } = await tenant.scim.get('/Users')
    return Object.fromEntries((body['Resources'] as Body[]).map((one) => [one['userName'], one['title']]))
  }

  it('take a file as it is', async () => {
    const run = await done(await send(`\uFEFF${header}\n${ada}\n${bob}\n`))
    expect(run).to.deep.include({ purpose: 'import', status: 'completed', errorCount: 0 })
    expect(run['stats']).to.include({ usersCreated: 2 })
    expect(await listPeople()).to.deep.equal({ 'ada@larkspur.example': 'Engineer', 'bob@larkspur.example': 'Cook' })
    const again = await done(await send(`${header}\n1,Ada,Holm,ada@larkspur.example,Lead\n`))
    expect(again['stats']).to.include({ usersUpdated: 1, usersCreated: 0 })
    // Who is not in the file is not gone.
    expect(await listPeople()).to.deep.equal({ 'ada@larkspur.example': 'Lead', 'bob@larkspur.example': 'Cook' })
  })

  it('take columns of any name by a mapping', async () => {
    const text = 'Nr;Vorname;Nachname;Post;Rolle\n7;Eva;Roth;eva@larkspur.example;Köchin\n'
    const mapping = {
      'name.givenName': 'Vorname',
      'name.familyName': 'Nachname',
      'emails[type eq "work"].value': { from: 'Post', transform: 'lowercase' },
      title: 'Rolle',
    }
    const run = await done(await json({ text, mapping, delimiter: 'semicolon', idColumn: 'Nr' }))
    expect(run).to.deep.include({ status: 'completed' })
    expect(await listPeople()).to.deep.equal({ 'eva@larkspur.example': 'Köchin' })
  })

  it('name the lines that could not be taken', async () => {
    const run = await done(await send(`${header}\n${ada}\n,Nobody,Known,,\n3,No,Address,,\n`))
    expect(run).to.deep.include({ status: 'completed_with_errors' })
    const { data } = (await admin.get(`/runs/${run['id']}/errors`)).body
    expect(run['errors']).to.deep.equal(data)
    const told = (data as Body[]).map(({ sourceId, operation, code }) => [sourceId, operation, code])
    expect(told).to.deep.include(['line 3', 'error', 'unreadable']).and.to.deep.include(['3', 'skip', 'no_email'])
    expect(await listPeople()).to.have.all.keys('ada@larkspur.example')
  })

  it('name what was taken without one of its values, or without its manager', async () => {
    const text =
      'id,first name,last name,email,manager email,start date\n1,Ada,Berg,ada@larkspur.example,nobody@larkspur.example,2024-02-30\n'
    const run = await done(await json({ text }))
    expect(run['stats']).to.include({ usersCreated: 1 })
    const { data } = (await admin.get(`/runs/${run['id']}/errors`)).body
    expect((data as Body[]).map(({ sourceId, operation }) => [sourceId, operation])).to.deep.equal([['1', 'create']])
    expect(data[0].detail).to.contain('2024-02-30')
  })

  it('only say what they would do as a preview', async () => {
    const run = await done(await send(`${header}\n${ada}\n`, '?preview=true'))
    expect(run).to.deep.include({ purpose: 'preview', status: 'completed' })
    expect(run['stats']).to.include({ usersCreated: 1 })
    expect(await listPeople()).to.deep.equal({})
    const again = await json({ text: `${header}\n${ada}\n`, preview: true })
    expect(again.body).to.include({ purpose: 'preview' })
  })

  it('are refused where the file is no table, or is meant otherwise', async () => {
    const message = (reply: Reply): unknown[] => [reply.status, reply.body['error']?.code, reply.body['error']?.param]
    expect(message(await send(''))).to.deep.equal([400, 'invalid_value', 'text'])
    expect(message(await send('colour,shape\nred,round\n'))).to.deep.equal([400, 'invalid_value', 'text'])
    expect(message(await json({ text: `${header}\n${ada}\n`, idColumn: 'nr' }))).to.deep.equal([
      400,
      'invalid_value',
      'text',
    ])
    const mapped = await json({ text: `${header}\n${ada}\n`, mapping: { title: 'Job' } })
    expect(message(mapped)).to.deep.equal([400, 'invalid_value', 'mapping'])
    expect(mapped.text).to.contain('no column Job')
    expect(message(await json({ text: header, delimiter: 'dot' }))).to.deep.equal([400, 'invalid_value', 'delimiter'])
    expect((await send(`${header}\n`, '?colour=red')).status).to.equal(400)
    expect((await send(`${header}\n${ada}`, '', 'text/html')).status).to.equal(415)
    expect((await send(`${header}\n${ada}`, '', 'text/csv', tenant.directoryId)).status).to.equal(409)
    expect((await send(`${header}\n${ada}`, '', 'text/csv', 'dir_0')).status).to.equal(404)
    expect((await admin.get('/runs')).body['data']).to.deep.equal([])
  })

  it('wait for one that is under way', async () => {
    await send(`${header}\n${ada}\n`)
    expect((await send(`${header}\n${bob}\n`)).status).to.equal(409)
  })

  it('say of columns what they most likely mean', async () => {
    const { status, body } = await admin.send(
      'post',
      `/directories/${manual}/imports/columns`,
      `${header},shoe size\n`,
      {
        'Content-Type': 'text/csv; charset=utf-8',
      },
    )
    expect(status).to.equal(200)
    expect(body['columns']).to.deep.equal(['employee_number', 'first_name', 'last_name', 'email', 'title', 'shoe size'])
    expect(body['mapping']).to.deep.include({ 'name.givenName': { from: 'first_name' }, title: { from: 'title' } })
    expect(Object.keys(body['mapping'] as Body)).not.to.include('shoe size')
  })

  it('take files that are larger than other bodies may be, up to a limit', async () => {
    const line = (at: number): string => `${at},First${at},Last${at},person-${at}@larkspur.example,${'x'.repeat(400)}`
    const lines = Array.from({ length: 3000 }, (_, at) => line(at))
    const reply = await admin.send('post', `/directories/${manual}/imports/columns`, [header, ...lines].join('\n'), {
      'Content-Type': 'text/csv',
    })
    expect(reply.status).to.equal(200)
  })
})
