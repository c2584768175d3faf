// One person, several directories: every row of that table in directory-sync.md, as identity providers see it over HTTP.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, enterpriseSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

const department = `${enterpriseSchema}:department`

interface Directory {
  readonly directoryId: string
  readonly scim: ScimClient
}

describe('one person, several directories', () => {
  let tenant: Tenant
  let okta: Directory
  let hr: Directory
  let admin: AdminClient
  beforeEach(async () => {
    tenant = await createTenant()
    okta = tenant
    hr = await tenant.addDirectory('HR')
    admin = new AdminClient(tenant)
  })

  const ana = (attributes: Body = {}): Body => ({ schemas: [userSchema], userName: 'ana', ...attributes })

  /** HR brings Ana, and Okta links with her as it says. */
  async function share(byHr: Body = {}, byOkta: Body = {}): Promise<string> {
    const { id } = await hr.scim.createUser('ana', byHr)
    const linked = await okta.scim.put(`/Users/${id}`, ana(byOkta))
    expect(linked.status).to.equal(200)
    return String(id)
  }

  async function read(scim: ScimClient, id: string): Promise<Body> {
    const reply = await scim.get(`/Users/${id}`)
    expect(reply.status).to.equal(200)
    return reply.body
  }

  async function giveAuthority(authority: Record<string, string[]>): Promise<void> {
    expect((await admin.put('/attribute-authority', authority)).status).to.equal(200)
  }

  async function readRow(
    id: string,
  ): Promise<{ directory_id: string; set_by: Record<string, string> | null; links: number }> {
    const [row] = await query<{ directory_id: string; set_by: Record<string, string> | null; links: number }>(
      testDatabase(),
      `select directory_id, set_by, (select count(*) from links l where l.org_id = u.org_id and l.user_id = u.id
         and ended_at is null) as links from users u where org_id = $1 and id = $2`,
      [tenant.organizationId, id],
    )
    if (row === undefined) throw new Error(`there is no user ${id}`)
    return row
  }

  async function restore(directory: Directory): Promise<void> {
    await admin.patch(`/directories/${directory.directoryId}`, { restoreUsers: true })
    clock.advance(1001) // what a token stands for is kept for a second
  }

  describe('what a directory sees', () => {
    it('sees people whom another directory brought, in reads, lists, counts and filters', async () => {
      const { id } = await hr.scim.createUser('ana')
      expect((await read(okta.scim, String(id)))['userName']).to.equal('ana')
      expect((await okta.scim.get('/Users')).body['totalResults']).to.equal(1)
      expect((await okta.scim.filter('/Users', 'userName eq "ANA"')).body['Resources'][0].id).to.equal(id)
    })

    it('sees nobody whom it deleted itself, however others look them up', async () => {
      const id = await share({ title: 'Clerk' })
      expect((await okta.scim.delete(`/Users/${id}`)).status).to.equal(204)
      for (const reply of await Promise.all([
        okta.scim.get(`/Users/${id}`),
        okta.scim.put(`/Users/${id}`, ana()),
        okta.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }]),
        okta.scim.delete(`/Users/${id}`),
      ])) {
        expect(reply.status).to.equal(404)
      }
      for (const reply of await Promise.all([
        okta.scim.get('/Users'),
        okta.scim.get('/Users?count=0'),
        okta.scim.filter('/Users', 'userName eq "ana"'),
        okta.scim.filter('/Users', 'title pr'),
      ])) {
        expect(reply.body['totalResults']).to.equal(0)
      }
      expect((await hr.scim.get('/Users')).body['totalResults']).to.equal(1)
      const application = await tenant.addApplication(['read'])
      expect((await read(application, id))['title']).to.equal('Clerk')
    })
  })

  describe('externalId', () => {
    it('is its own for each directory: to read, to filter by, and to write', async () => {
      const id = await share({ externalId: 'hr-1' }, { externalId: 'okta-1' })
      expect((await read(hr.scim, id))['externalId']).to.equal('hr-1')
      expect((await read(okta.scim, id))['externalId']).to.equal('okta-1')
      expect((await okta.scim.filter('/Users', 'externalId eq "okta-1"')).body['totalResults']).to.equal(1)
      expect((await okta.scim.filter('/Users', 'externalId eq "hr-1"')).body['totalResults']).to.equal(0)
      await hr.scim.patch(`/Users/${id}`, [{ op: 'remove', path: 'externalId' }])
      expect((await read(hr.scim, id))['externalId']).to.equal(undefined)
      expect((await read(okta.scim, id))['externalId']).to.equal('okta-1')
    })

    it('is absent for a directory that has not linked, and the owner’s for an application', async () => {
      const { id } = await hr.scim.createUser('ana', { externalId: 'hr-1' })
      expect((await read(okta.scim, String(id)))['externalId']).to.equal(undefined)
      const application = await tenant.addApplication(['read'])
      expect((await read(application, String(id)))['externalId']).to.equal('hr-1')
      expect((await application.filter('/Users', 'externalId eq "hr-1"')).body['totalResults']).to.equal(1)
    })

    it('may be the same in two directories', async () => {
      const id = await share({ externalId: '1' }, { externalId: '1' })
      expect((await okta.scim.filter('/Users', 'externalId eq "1"')).body['Resources'][0].id).to.equal(id)
    })
  })

  describe('linking', () => {
    it('refuses a POST of a userName that exists; the client finds the person and links by PATCH', async () => {
      const { id } = await hr.scim.createUser('ana', { title: 'Clerk' })
      const refused = await okta.scim.post('/Users', ana({ userName: 'Ana' }))
      expect([refused.status, refused.body['scimType']]).to.deep.equal([409, 'uniqueness'])
      const found = (await okta.scim.filter('/Users', 'userName eq "Ana"')).body['Resources'][0]
      expect(found.id).to.equal(id)
      const linked = await okta.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'nickName', value: 'Annie' }])
      expect(linked.body).to.deep.include({ title: 'Clerk', nickName: 'Annie' })
      expect((await readRow(String(id))).links).to.equal(2)
    })

    it('links by a write that changes nothing, without a new version', async () => {
      const { id } = await hr.scim.createUser('ana', { title: 'Clerk' })
      const linked = await okta.scim.put(`/Users/${id}`, ana({ title: 'Clerk' }))
      expect(linked.headers['etag']).to.equal('W/"1"')
      expect((await readRow(String(id))).links).to.equal(2)
    })

    it('does not link by reading, nor by a write that is refused', async () => {
      const { id } = await hr.scim.createUser('ana')
      await okta.scim.get(`/Users/${id}`)
      await okta.scim.put(`/Users/${id}`, ana({ userName: '' }))
      await okta.scim.put(`/Users/${id}`, ana({ title: 'x' }), { 'If-Match': 'W/"7"' })
      expect((await readRow(String(id))).links).to.equal(1)
    })

    it('refuses a userName that another person has, and keeps it where the writer has no say in it', async () => {
      await hr.scim.createUser('bob')
      const { id } = await hr.scim.createUser('ana')
      expect(
        (await hr.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: 'BOB' }])).status,
      ).to.equal(409)
      const kept = await okta.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: 'bob' }])
      expect([kept.status, kept.body['userName']]).to.deep.equal([200, 'ana'])
    })
  })

  describe('authority', () => {
    it('lets the owner say, and others fill what is empty', async () => {
      const id = await share({ title: 'Clerk' }, { title: 'Engineer', nickName: 'Annie' })
      expect(await read(hr.scim, id)).to.deep.include({ title: 'Clerk', nickName: 'Annie' })
      const { directory_id, set_by } = await readRow(id)
      expect(directory_id).to.equal(hr.directoryId)
      expect(set_by).to.include({ title: hr.directoryId, nickName: okta.directoryId })
      await hr.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'nickName', value: 'Nan' }])
      expect((await read(okta.scim, id))['nickName']).to.equal('Nan')
    })

    it('answers a write without authority with the true state, and logs whose word was kept', async () => {
      const { id } = await okta.scim.createUser('ana', { title: 'Clerk', [enterpriseSchema]: { department: 'Law' } })
      const written = await hr.scim.patch(`/Users/${id}`, [
        { op: 'replace', path: 'title', value: 'Engineer' },
        { op: 'replace', path: department, value: 'Labs' },
        { op: 'replace', path: 'nickName', value: 'Annie' },
      ])
      expect(written.status).to.equal(200)
      expect(written.body).to.deep.include({ title: 'Clerk', nickName: 'Annie' })
      expect(written.body[enterpriseSchema]).to.deep.equal({ department: 'Law' })
      const [entry] = await admin.readRequests()
      expect(entry).to.deep.include({
        status: 200,
        notes: [
          { path: 'title', note: 'kept: set by Okta' },
          { path: department, note: 'kept: set by Okta' },
        ],
      })
    })

    it('notes nothing about what a PUT leaves out and another directory says', async () => {
      const id = await share({ title: 'Clerk' })
      await okta.scim.put(`/Users/${id}`, ana({ nickName: 'Annie' }))
      expect((await admin.readRequests())[0]).to.deep.include({ method: 'PUT', notes: [] })
    })

    it('names the directory whose value stands when the writer takes its own away', async () => {
      const id = await share({ title: 'Clerk' }, { title: 'Engineer' })
      await giveAuthority({ title: [okta.directoryId, hr.directoryId] })
      expect(
        (await okta.scim.put(`/Users/${id}`, ana({ title: 'Engineer', nickName: 'Annie' }))).body['title'],
      ).to.equal('Engineer')
      const removed = await okta.scim.patch(`/Users/${id}`, [{ op: 'remove', path: 'title' }])
      expect(removed.body['title']).to.equal('Clerk')
      expect((await admin.readRequests())[0]?.['notes']).to.deep.equal([{ path: 'title', note: 'kept: set by HR' }])
    })

    it('can be given for chosen attributes, `active` and one of an extension among them', async () => {
      const id = await share({ title: 'Clerk', [enterpriseSchema]: { department: 'Law', costCenter: '7' } })
      await giveAuthority({ active: [okta.directoryId], [department]: [okta.directoryId, hr.directoryId] })
      const operations = [
        { op: 'replace', path: 'active', value: false },
        { op: 'replace', path: department, value: 'Labs' },
        { op: 'replace', path: 'title', value: 'Engineer' },
      ]
      const { body } = await okta.scim.patch(`/Users/${id}`, operations)
      expect(body).to.deep.include({ active: false, title: 'Clerk' })
      expect(body[enterpriseSchema]).to.deep.equal({ department: 'Labs', costCenter: '7' })
      const kept = await hr.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: true }])
      expect(kept.body['active']).to.equal(false)
      expect((await admin.readRequests())[0]?.['notes']).to.deep.equal([{ path: 'active', note: 'kept: set by Okta' }])
    })

    it('finds attribute names in any case', async () => {
      const id = await share({ title: 'Clerk' })
      await giveAuthority({ TITLE: [okta.directoryId] })
      const { body } = await okta.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Engineer' }])
      expect(body['title']).to.equal('Engineer')
    })

    it('leaves people alone whom none of the named directories knows', async () => {
      await giveAuthority({ active: [hr.directoryId], userName: [hr.directoryId] })
      const { id } = await okta.scim.createUser('ana')
      const entra = await tenant.addDirectory('Entra')
      await entra.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'nickName', value: 'Annie' }])
      const { body } = await okta.scim.patch(`/Users/${id}`, [
        { op: 'replace', path: 'active', value: false },
        { op: 'replace', path: 'userName', value: 'ana.b' },
      ])
      expect(body).to.deep.include({ active: false, userName: 'ana.b', nickName: 'Annie' })
    })

    it('keeps what a directory said without authority, and lets it count when the authority falls to it', async () => {
      const id = await share({ title: 'Clerk' }, { title: 'Engineer' })
      await giveAuthority({ title: [okta.directoryId] })
      const { body } = await hr.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'nickName', value: 'Annie' }])
      expect(body).to.deep.include({ title: 'Engineer', nickName: 'Annie' })
    })

    it('counts what a PATCH said even where it changed nothing', async () => {
      const { id } = await hr.scim.createUser('ana', { title: 'Clerk', nickName: 'Annie' })
      await okta.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Clerk' }])
      await hr.scim.delete(`/Users/${id}`)
      const after = await read(okta.scim, String(id))
      expect(after['title']).to.equal('Clerk')
      expect(after['nickName']).to.equal(undefined)
    })

    it('refuses directories that the organization does not have', async () => {
      const stranger = await createTenant()
      const reply = await admin.put('/attribute-authority', { title: [stranger.directoryId] })
      expect(reply.status).to.equal(400)
      expect(reply.body['error'].message).to.contain(stranger.directoryId)
    })

    it('does not stop a write when a name that now counts is taken by somebody else', async () => {
      const id = await share({}, {})
      await okta.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: 'bob' }])
      await hr.scim.createUser('bob')
      await giveAuthority({ userName: [okta.directoryId] })
      const written = await hr.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Clerk' }])
      expect([written.status, written.body['userName'], written.body['title']]).to.deep.equal([200, 'ana', 'Clerk'])
    })
  })

  describe('DELETE while others know the person', () => {
    it('ends the link, and attributes fall back', async () => {
      const id = await share({ title: 'Clerk', nickName: 'Annie' }, { title: 'Engineer' })
      expect((await hr.scim.delete(`/Users/${id}`)).status).to.equal(204)
      expect((await hr.scim.get(`/Users/${id}`)).status).to.equal(404)
      const after = await read(okta.scim, id)
      expect(after['title']).to.equal('Engineer')
      expect(after['nickName']).to.equal(undefined)
      expect(await readRow(id)).to.deep.equal({ directory_id: okta.directoryId, set_by: null, links: 1 })
    })

    it('keeps userName and active where no remaining directory ever said them', async () => {
      const { id } = await hr.scim.createUser('ana', { active: false })
      await okta.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'nickName', value: 'Annie' }])
      expect((await hr.scim.delete(`/Users/${id}`)).status).to.equal(204)
      expect(await read(okta.scim, String(id))).to.deep.include({ userName: 'ana', active: false, nickName: 'Annie' })
    })

    it('keeps the userName where the one to fall back to is taken', async () => {
      const id = await share({}, { userName: 'annie' })
      expect((await read(okta.scim, id))['userName']).to.equal('ana')
      await hr.scim.createUser('annie')
      expect((await hr.scim.delete(`/Users/${id}`)).status).to.equal(204)
      expect((await read(okta.scim, id))['userName']).to.equal('ana')
    })

    it('passes the owner on, again and again', async () => {
      const id = await share({ title: 'Clerk' }, { title: 'Engineer' })
      const entra = await tenant.addDirectory('Entra')
      await entra.scim.put(`/Users/${id}`, ana({ title: 'Director' }))
      const sources: unknown[] = [(await readRow(id)).directory_id]
      for (const [leaver, title] of [
        [hr, 'Engineer'],
        [okta, 'Director'],
      ] as const) {
        await leaver.scim.delete(`/Users/${id}`)
        sources.push((await readRow(id)).directory_id)
        expect((await read(entra.scim, id))['title']).to.equal(title)
      }
      expect(sources).to.deep.equal([hr.directoryId, okta.directoryId, entra.directoryId])
      expect((await entra.scim.delete(`/Users/${id}`)).status).to.equal(204)
      const application = await tenant.addApplication(['read'])
      expect((await application.get(`/Users/${id}`)).status).to.equal(404)
    })

    it('takes the person out of the groups of that directory, and of no other', async () => {
      const id = await share()
      const own = await okta.scim.createGroup('Staff', [id])
      const other = await hr.scim.createGroup('Staff', [id])
      await okta.scim.delete(`/Users/${id}`)
      expect((await okta.scim.get(`/Groups/${own['id']}`)).body['members']).to.equal(undefined)
      expect((await hr.scim.get(`/Groups/${other['id']}`)).body['members']).to.have.length(1)
      const added = await okta.scim.patch(`/Groups/${own['id']}`, [
        { op: 'add', path: 'members', value: [{ value: id }] },
      ])
      expect(added.status).to.equal(400)
    })

    it('tells of an activation that comes with the fallback', async () => {
      const id = await share({ active: false }, { active: true })
      await hr.scim.delete(`/Users/${id}`)
      const events = await query<{ type: string }>(
        testDatabase(),
        'select type from outbox where org_id = $1 and resource_id = $2 order by id',
        [tenant.organizationId, id],
      )
      expect(events.map((event) => event.type)).to.deep.equal(['user.created', 'user.updated', 'user.activated'])
    })

    it('lets a POST of the same userName link again, under the same id', async () => {
      const id = await share({ title: 'Clerk' }, { externalId: 'okta-1' })
      await okta.scim.delete(`/Users/${id}`)
      const again = await okta.scim.post('/Users', ana({ externalId: 'okta-2', nickName: 'Annie' }))
      expect(again.status).to.equal(201)
      expect(again.body).to.deep.include({ id, externalId: 'okta-2', title: 'Clerk', nickName: 'Annie' })
      expect((await readRow(id)).directory_id).to.equal(hr.directoryId)
      expect((await okta.scim.post('/Users', ana())).status).to.equal(409)
    })

    it('forgets a manager who is deleted in the words of all directories', async () => {
      const boss = await hr.scim.createUser('boss')
      const manager = { [enterpriseSchema]: { manager: { value: boss['id'] } } }
      const id = await share({ title: 'Clerk', ...manager }, { title: 'Engineer', nickName: 'Annie', ...manager })
      await hr.scim.delete(`/Users/${boss['id']}`)
      expect((await read(okta.scim, id))[enterpriseSchema]).to.equal(undefined)
      await hr.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Head clerk' }])
      expect((await read(okta.scim, id))[enterpriseSchema]).to.equal(undefined)
      await hr.scim.delete(`/Users/${id}`)
      const after = await read(okta.scim, id)
      expect(after[enterpriseSchema]).to.equal(undefined)
      expect(after['schemas']).to.deep.equal([userSchema])
      expect(after['title']).to.equal('Engineer')
    })
  })

  describe('DELETE of the only link', () => {
    it('deletes the person, keeps a tombstone, and a new POST makes somebody new', async () => {
      const { id } = await okta.scim.createUser('ana', { title: 'Clerk' })
      const group = await hr.scim.createGroup('Staff', [String(id)])
      expect((await okta.scim.delete(`/Users/${id}`)).status).to.equal(204)
      for (const { scim } of [okta, hr]) expect((await scim.get(`/Users/${id}`)).status).to.equal(404)
      expect((await hr.scim.get(`/Groups/${group['id']}`)).body['members']).to.equal(undefined)
      const [tombstone] = await query<{ record: Body }>(
        testDatabase(),
        'select record from tombstones where org_id = $1 and resource_id = $2',
        [tenant.organizationId, id],
      )
      expect(tombstone?.record['resource']).to.deep.include({ userName: 'ana', title: 'Clerk' })
      const again = await okta.scim.createUser('ana')
      expect(again['id']).not.to.equal(id)
      expect((await hr.scim.get(`/Groups/${group['id']}`)).body['members']).to.equal(undefined)
    })

    it('brings the person back under the old id and with the groups, where the directory restores', async () => {
      await restore(okta)
      const { id, meta } = await okta.scim.createUser('ana', { title: 'Clerk' })
      const staff = await okta.scim.createGroup('Staff', [String(id)])
      const gone = await okta.scim.createGroup('Gone', [String(id)])
      await okta.scim.delete(`/Users/${id}`)
      await okta.scim.delete(`/Groups/${gone['id']}`)
      const again = await okta.scim.post('/Users', ana({ userName: 'ANA', nickName: 'Annie' }))
      expect(again.status).to.equal(201)
      expect(again.body).to.deep.include({ id, userName: 'ANA', nickName: 'Annie' })
      expect(again.body['title']).to.equal(undefined)
      expect(again.body['meta'].created).to.equal(meta.created)
      expect(again.body['groups']).to.have.length(1)
      expect((await okta.scim.get(`/Groups/${staff['id']}`)).body['members'][0].value).to.equal(id)
      expect((await okta.scim.post('/Users', ana())).status).to.equal(409)
    })

    it('restores only what the directory itself deleted', async () => {
      await restore(okta)
      const { id } = await hr.scim.createUser('ana')
      await hr.scim.delete(`/Users/${id}`)
      expect((await okta.scim.createUser('ana'))['id']).not.to.equal(id)
    })

    it('counts the last link wherever it lies: the person is gone when all have left', async () => {
      const id = await share()
      await okta.scim.delete(`/Users/${id}`)
      await hr.scim.delete(`/Users/${id}`)
      const again = await okta.scim.post('/Users', ana())
      expect(again.status).to.equal(201)
      expect(again.body['id']).not.to.equal(id)
    })
  })

  describe('groups', () => {
    it('are named apart within a directory, and not across', async () => {
      await okta.scim.createGroup('Staff')
      expect(
        (
          await okta.scim.post('/Groups', {
            schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
            displayName: 'STAFF',
          })
        ).status,
      ).to.equal(409)
      expect((await hr.scim.createGroup('Staff'))['displayName']).to.equal('Staff')
    })

    it('belong to the directory that made them; an application sees all', async () => {
      const own = await okta.scim.createGroup('Okta staff')
      const other = await hr.scim.createGroup('HR staff')
      const application = await tenant.addApplication(['read', 'write'])
      const manual = await application.createGroup('Hand-made')
      const list = async (scim: ScimClient): Promise<string[]> => {
        const { body } = await scim.get('/Groups')
        expect(body['totalResults']).to.equal(body['Resources'].length)
        return body['Resources'].map((group: Body) => group['id'])
      }
      expect(await list(okta.scim)).to.have.members([own['id']])
      expect(await list(hr.scim)).to.have.members([other['id']])
      expect(await list(application)).to.have.members([own['id'], other['id'], manual['id']])
      for (const reply of await Promise.all([
        hr.scim.get(`/Groups/${own['id']}`),
        hr.scim.patch(`/Groups/${own['id']}`, [{ op: 'replace', path: 'displayName', value: 'x' }]),
        hr.scim.delete(`/Groups/${own['id']}`),
        hr.scim.get(`/Groups/${manual['id']}`),
      ])) {
        expect(reply.status).to.equal(404)
      }
      expect((await hr.scim.filter('/Groups', 'displayName eq "Okta staff"')).body['totalResults']).to.equal(0)
    })

    it('take members whom another directory brought, and no group of another directory', async () => {
      const { id } = await hr.scim.createUser('ana')
      const group = await okta.scim.createGroup('Staff', [String(id)])
      const reply = await okta.scim.get(`/Groups/${group['id']}`)
      expect(reply.body['members'][0]).to.include({ value: id, display: 'ana', type: 'User' })
      expect((await hr.scim.get(`/Users/${id}`)).body['groups']).to.equal(undefined)
      expect((await okta.scim.get(`/Users/${id}`)).body['groups'][0].value).to.equal(group['id'])
      const foreign = await hr.scim.createGroup('HR staff')
      const refused = await okta.scim.patch(`/Groups/${group['id']}`, [
        { op: 'add', path: 'members', value: [{ value: foreign['id'] }] },
      ])
      expect([refused.status, refused.body['scimType']]).to.deep.equal([400, 'invalidValue'])
    })

    it('keep a member who is deactivated', async () => {
      const { id } = await okta.scim.createUser('ana')
      const group = await okta.scim.createGroup('Staff', [String(id)])
      await okta.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }])
      expect((await okta.scim.get(`/Groups/${group['id']}`)).body['members']).to.have.length(1)
    })
  })
})
