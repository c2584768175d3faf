// `rollcall sync`, `rollcall import` and `rollcall links`, without a server and beside one.
import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ProviderError } from '../../providers/provider.ts'
import { importFile } from '../../server/commands/import.ts'
import { createLink, describeLinks, revokeLink } from '../../server/commands/links.ts'
import { syncDirectory } from '../../server/commands/sync.ts'
import { AppError } from '../../server/errors.ts'
import type { SyncServices } from '../../server/sync/services.ts'
import { AdminClient } from '../support/admin-client.ts'
import { createAccountServices, settleRuns } from '../support/account-runs.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import type { Body } from '../support/scim-client.ts'
import { type Account, createAccount } from '../support/sources.ts'

const person = (id: string): { id: string } & Body => ({
  id,
  email: `${id}@larkspur.example`,
  firstName: id,
  lastName: 'Holm',
  status: 'active',
})

describe('commands of syncs', () => {
  let tenant: Tenant
  let admin: AdminClient
  let account: Account
  let organization: string
  let services: SyncServices
  let lines: string[]
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    account = createAccount()
    lines = []
    services = createAccountServices()
    organization = String((await admin.get('')).body['name'])
    const connection = { account: account.account, token: 'a-long-secret' }
    await admin.post('/directories', { kind: 'pull', name: 'HR', provider: 'scripted', connection })
    account.source.people = [person('ada'), person('bob')]
  })

  const print = (line: string): void => {
    lines.push(line)
  }
  const { signal } = new AbortController()
  const alone = { print, signal, leaveToOthersMs: 0 }
  const sync = (options: Partial<Parameters<typeof syncDirectory>[1]> = {}, following = alone): Promise<number> =>
    syncDirectory(
      services,
      { organization, directory: 'HR', isFull: true, isPreview: false, waits: true, ...options },
      following,
    )
  const listUserNames = async (): Promise<unknown[]> =>
    ((await tenant.scim.get('/Users?sortBy=userName')).body['Resources'] as Body[]).map((one) => one['userName'])
  const fail = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(AppError)
    return (error as AppError).message
  }

  describe('rollcall sync', () => {
    it('does the run where no server does, and says what came of it', async () => {
      expect(await sync()).to.equal(0)
      expect(lines[0]).to.match(/^sync_/)
      expect(lines.slice(-2)).to.deep.equal(['completed', 'These are: 2 users created.'])
      expect(await listUserNames()).to.deep.equal(['ada@larkspur.example', 'bob@larkspur.example'])
      lines = []
      expect(await sync()).to.equal(0)
      expect(lines.at(-1)).to.match(/^(Nothing changes\.|These are: 2 users skipped\.)$/)
    })

    it('only asks for it without --wait, and leaves it to a server', async () => {
      expect(await sync({ waits: false })).to.equal(0)
      expect(lines).to.have.length(1)
      expect(await listUserNames()).to.deep.equal([])
      await settleRuns(tenant)
      expect(await listUserNames()).to.have.length(2)
    })

    it('follows the run that a server does', async () => {
      const following = sync({}, { print, signal, leaveToOthersMs: 60_000 })
      while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve))
      await settleRuns(tenant)
      expect(await following).to.equal(0)
      expect(lines).to.include('completed')
    })

    it('only plans with --preview', async () => {
      expect(await sync({ isPreview: true })).to.equal(0)
      expect(lines.at(-1)).to.equal('These would be: 2 users created.')
      expect(await listUserNames()).to.deep.equal([])
    })

    it('ends with 1 where the run fails, and says why', async () => {
      account.source.failAt(1, new ProviderError('settings', 'The source refused the token (401).'))
      expect(await sync()).to.equal(1)
      expect(lines).to.include('failed').and.to.include('The source refused the token (401).')
    })

    it('ends with 3 where the run waits for approval, and says why', async () => {
      account.source.people = Array.from({ length: 20 }, (_, at) => person(`person-${at}`))
      await sync()
      await admin.patch(`/directories/${await findId()}`, { settings: { orphanedUsers: 'deactivate' } })
      account.source.people = account.source.people.slice(12)
      expect(await sync()).to.equal(3)
      expect(lines.at(-1)).to.match(/^Waits for approval: .*12/)
      expect(await sync({ isPreview: true })).to.equal(0)
      expect(lines.at(-1)).to.match(/^Would wait for approval: .*12/)
    })

    it('lets go when it is told to stop', async () => {
      const stopping = new AbortController()
      const following = sync({}, { print, signal: stopping.signal, leaveToOthersMs: 60_000 })
      while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve))
      stopping.abort()
      expect(await following).to.equal(1)
      expect(lines.at(-1)).to.match(/goes on without this command/)
    })

    it('names what there is not', async () => {
      expect(await fail(sync({ organization: 'nobody' }))).to.contain("'nobody'")
      expect(await fail(sync({ directory: 'Ping' }))).to.contain('HR')
      expect(await fail(sync({ directory: 'Okta' }))).to.contain('Only a directory that is pulled')
    })

    async function findId(): Promise<string> {
      const listed = (await admin.get('/directories')).body['data'] as Body[]
      return String(listed.find((one) => one['name'] === 'HR')?.['id'])
    }
  })

  describe('rollcall import', () => {
    let folder: string
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'rollcall-import-'))
    })
    after(() => rm(folder, { recursive: true }))

    async function run(
      content: string | Buffer,
      rest: Partial<Parameters<typeof importFile>[1]> = {},
    ): Promise<number> {
      const file = path.join(folder, 'people.csv')
      await writeFile(file, content)
      const options = { organization, directory: undefined, file, isPreview: false, map: [], ...rest }
      return importFile(services, options, alone)
    }

    it('imports a file into the manual directory, whatever a spreadsheet wrote it as', async () => {
      const text = 'id;first name;last name;email;Job\n1;Zoë;Holm;zoe@larkspur.example;Köchin\n'
      const map = ['Job=title']
      expect(await run(Buffer.from(`\uFEFF${text}`, 'utf16le'), { map, isPreview: true })).to.equal(0)
      expect(await listUserNames()).to.deep.equal([])
      expect(await run(Buffer.from(`\uFEFF${text}`, 'utf16le'), { map })).to.equal(0)
      const [zoe] = (await tenant.scim.get('/Users')).body['Resources'] as Body[]
      expect(zoe).to.deep.include({ userName: 'zoe@larkspur.example', title: 'Köchin' })
    })

    it('says which lines were left out', async () => {
      expect(await run('id,first name,last name,email\n1,Ada,Holm,\n')).to.equal(0)
      expect(lines.join('\n')).to.match(/ {2}1 .*: /)
    })

    it('names a file, a column or a rule that is wrong', async () => {
      expect(await fail(run(Buffer.from([0x61, 0xff, 0xfe, 0x62])))).to.contain('not encoded as UTF-8')
      expect(await fail(run('a,b\n', { file: path.join(folder, 'none.csv') }))).to.contain('cannot be read')
      expect(await fail(run('id,email\n', { map: ['title'] }))).to.contain('--map title')
      expect(await fail(run('id,email\n', { map: ['Job=title'] }))).to.contain('no column Job')
      expect(await fail(run('id,email\n', { directory: 'HR' }))).to.contain('manual directory')
    })
  })

  describe('rollcall links', () => {
    it('makes, lists and revokes setup links', async () => {
      const place = { organization, directory: 'HR' }
      const line = await createLink(services, place, '3', 'https://people.example')
      expect(line).to.match(/^link_\w+ {2}https:\/\/people\.example\/setup#setup_[\w-]{43} {2}until /)
      const [id = ''] = line.split(' ')
      const secret = line.split('#')[1]?.split(' ')[0] ?? ''
      expect((await new AdminClient(tenant, secret).get('//setup')).status).to.equal(200)
      const [listed] = await describeLinks(services, place)
      expect(listed)
        .to.match(new RegExp(`^${id} {2}live {2}until \\S+Z {2}opened `))
        .and.not.to.contain(secret)
      await revokeLink(services, place, id)
      expect((await describeLinks(services, place))[0]).to.match(/ {2}revoked {2}/)
      expect(await fail(revokeLink(services, place, id))).to.contain(id)
      expect(await fail(createLink(services, place, '31', 'x'))).to.contain('--days')
      expect(await fail(createLink(services, { organization, directory: 'Okta' }, undefined, 'x'))).to.contain('pulled')
    })
  })
})
