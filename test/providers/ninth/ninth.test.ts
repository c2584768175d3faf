// Adding a provider is what CONTRIBUTING.md says it is: a folder, a line, and tests. Here is one more, and nothing else knows of it.
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import supertest from 'supertest'
import { providers } from '../../../providers/index.ts'
import { createApp } from '../../../server/app.ts'
import { readConfig } from '../../../server/config.ts'
import { createLogger } from '../../../server/ops/logger.ts'
import { clock, operatorToken } from '../../support/app.ts'
import { checkConsistency } from '../../support/consistency.ts'
import { testDatabase } from '../../support/postgres.ts'
import { createProviderSync } from '../../support/provider-sync.ts'
import { describeConformance } from '../conformance.ts'
import { slowDown, startStaffbookFake, writePerson } from './staffbook-fake.ts'
import { staffbook } from './staffbook.ts'

describeConformance(
  staffbook,
  async () => {
    const fake = await startStaffbookFake()
    const { company, hidden, settings } = fake
    const hide = (...fields: readonly string[]) => {
      return () => fields.forEach((field) => hidden.add(field))
    }
    return {
      fake,
      company,
      settings,
      wrongSettings: { ...settings, apiKey: 'wRoNg-key-that-nobody-knows' },
      permissions: { Staff: { takeAway: hide('email', 'status'), missing: ['email', 'status'] } },
      slowDown: [slowDown],
      hide: (field) => hidden.add(field),
      expectFields: (id) => {
        const { id: _id, ...fields } = writePerson(company.find(id), company)
        return fields
      },
    }
  },
  'test/providers/ninth/docs',
)

describe('one more provider', () => {
  // As providers/index.ts would have it.
  const sources = [...providers, staffbook]

  it('is offered by the management API with what it needs', async () => {
    const config = readConfig({ ROLLCALL_ADMIN_TOKEN: operatorToken })
    const parts = { config, db: testDatabase(), logger: createLogger('silent'), now: clock.now }
    const app = createApp({ ...parts, sources })
    const get = supertest(app.listener).get('/v1/providers').set('Authorization', `Bearer ${operatorToken}`)
    const body = (await get.expect(200)).body as { data: { id: string; settings: { required: string[] } }[] }
    const offered = body.data.find(({ id }) => id === 'staffbook')
    expect(offered?.settings.required).to.deep.equal(['apiKey', 'baseUrl'])
    await app.requestLog.flush()
  })

  it('is run as every other', async () => {
    const fake = await startStaffbookFake()
    try {
      const { manager, onLeave, leaver } = fake.company.named
      const { sync, run } = await createProviderSync(staffbook, fake)
      expect(await run()).to.include({ status: 'completed' })
      const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
      const ada = await sync.readPerson(onLeave.id)
      expect(ada).to.deep.include({ userName: 'ada.berg@example.test', active: true, title: 'Senior Engineer' })
      const above = (await sync.readPerson(manager.id))?.['id']
      expect(ada?.[enterprise]).to.nested.include({ department: 'Platform', 'manager.value': above })
      fake.company.change(leaver.id, { status: 'terminated', endDate: '2026-11-19' })
      fake.company.change(manager.id, { title: 'Director' })
      await sync.set({ massChangeGuard: { share: null, number: null } })
      const next = await sync.tellChanges((await run()).id)
      expect(next).to.deep.equal({ [manager.id]: 'update', [leaver.id]: 'deactivate ended' })
      await checkConsistency(sync.tenant)
    } finally {
      await fake.close()
    }
  })

  it('is what providers/README.md says, file by file', () => {
    const text = readFileSync('providers/README.md', 'utf8')
    expect(readFileSync('CONTRIBUTING.md', 'utf8')).to.include('](providers/README.md)')
    const folder = 'test/providers/ninth'
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'))
    expect(files).to.have.length(5)
    for (const file of files) expect(text).to.include(`](../${folder}/${file})`)
  })
})
