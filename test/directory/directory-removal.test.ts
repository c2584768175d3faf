// Deleting a directory: what it brought stays, as the manual directory's, and nothing else of it does.
import { expect } from 'chai'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import { createToken } from '../../server/auth/tokens.ts'
import { deleteDirectory } from '../../server/directory/directory-removal.ts'
import { listDirectories, setAttributeAuthority } from '../../server/directory/directories.ts'
import { setConnection } from '../../server/directory/pull-directories.ts'
import { draftUser, insertUsers } from '../../server/directory/user-writes.ts'
import { single, transaction } from '../../server/db/transaction.ts'
import { AppError } from '../../server/errors.ts'
import { applyRun } from '../../server/sync/apply/apply.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { readLog } from '../support/event-log.ts'
import { addPullDirectory, planByHand } from '../support/planned-run.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, rollcallSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

describe('deleting a directory', () => {
  let tenant: Tenant
  let directoryId: string
  let manualId: string
  let application: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    directoryId = await addPullDirectory(tenant.organizationId)
    const directories = await listDirectories(testDatabase(), tenant.organizationId)
    manualId = directories.find(({ kind }) => kind === 'manual')?.id ?? ''
    application = await tenant.addApplication(['read', 'write'])
  })
  afterEach(() => checkConsistency(tenant))

  const remove = (id = directoryId): Promise<void> =>
    deleteDirectory(testDatabase(), tenant.organizationId, id, { at: clock.now(), requestId: 'req_1' })

  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.catch((thrown: unknown) => thrown)
    if (!(error instanceof AppError)) throw new Error('not refused')
    return `${error.code}: ${error.message}`
  }

  async function bring(sourceId: string, more: Body = {}): Promise<string> {
    const id = createId('emp', clock.now())
    const resource = { schemas: [userSchema], userName: sourceId, displayName: sourceId, ...more }
    const change = { operation: 'create', sourceId, resourceId: id, resource, plan: { active: true } } as const
    await applyRun(await planByHand(tenant.organizationId, directoryId, [change]))
    return id
  }

  async function bringGroup(sourceId: string, displayName: string): Promise<string> {
    const id = createId('grp', clock.now())
    const resource = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName }
    const change = { operation: 'create', resourceType: 'Group', sourceId, resourceId: id, resource } as const
    await applyRun(await planByHand(tenant.organizationId, directoryId, [change]))
    return id
  }

  const read = async (path: string): Promise<Body> => {
    const { status, body } = await application.get(path)
    expect(status).to.equal(200)
    return body
  }

  it('gives its people and groups to the manual directory as they are', async () => {
    const id = await bring('ana', { title: 'Clerk' })
    const groupId = await bringGroup('g1', 'Staff')
    await application.patch(`/Groups/${groupId}`, [{ op: 'add', path: 'members', value: [{ value: id }] }])
    const { meta: _, ...before } = await read(`/Users/${id}`)
    await remove()
    const { meta, ...after } = await read(`/Users/${id}?attributes=${rollcallSchema}:source&excludedAttributes=`)
    expect(after[rollcallSchema]).to.deep.include({ source: 'manual' })
    expect(meta).to.equal(undefined)
    const { meta: meta2, ...whole } = await read(`/Users/${id}`)
    expect(whole).to.deep.equal(before)
    expect(meta2).to.deep.include({ version: 'W/"2"' })
    expect((await read(`/Groups/${groupId}`))['members']).to.have.length(1)
    expect((await read('/Groups'))['totalResults']).to.equal(1)
    // Whoever writes by hand writes what is theirs now.
    await application.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Engineer' }])
    await application.patch(`/Groups/${groupId}`, [{ op: 'replace', path: 'displayName', value: 'Crew' }])
    expect(await read(`/Users/${id}`)).to.deep.include({ title: 'Engineer' })
    expect(await read(`/Groups/${groupId}`)).to.deep.include({ displayName: 'Crew' })
  })

  it('tells it, with what passes to another owner', async () => {
    const id = await bring('ana')
    await remove()
    const events = (await readLog(tenant)).slice(-2)
    expect(events.map(({ type, resourceId }) => [type, resourceId])).to.deep.equal([
      ['user.updated', id],
      ['directory.deleted', directoryId],
    ])
    expect(events[1]?.data['resource']).to.deep.include({ name: 'HR', kind: 'pull' })
    expect(events[0]?.data['resource']).to.deep.include({ externalId: 'ana', userName: 'ana' })
  })

  it('takes its tokens, connection, runs and records along', async () => {
    await bring('ana')
    const { organizationId } = tenant
    const request = { at: clock.now(), requestId: null }
    const key = { organizationId, id: directoryId }
    await setConnection(testDatabase(), key, { connection: { url: 'x' }, secrets: 'sealed' }, request)
    await createToken(
      testDatabase(),
      { organizationId, directoryId, name: 'Test', scopes: ['read'], expiresAt: null },
      clock.now(),
    )
    await remove()
    const columns = await query<{ name: string }>(
      testDatabase(),
      `select table_name as name from information_schema.columns
       where column_name = 'directory_id' and table_schema = current_schema() and table_name not in ('changes', 'request_log') order by 1`,
    )
    expect(columns.length).to.be.greaterThan(8)
    for (const { name } of columns) {
      const text = `select 1 from ${name} where org_id = $1 and directory_id = $2`
      expect(await query(testDatabase(), text, [organizationId, directoryId]), name).to.deep.equal([])
    }
    for (const name of ['run_changes', 'pulled_records', 'run_pages', 'sync_runs']) {
      expect(
        await query(testDatabase(), `select 1 from ${name} where org_id = $1`, [organizationId]),
        name,
      ).to.deep.equal([])
    }
    expect(await refusal(remove())).to.match(/^not_found: /)
  })

  it('keeps what it said beside others, and who set what', async () => {
    const { id } = await tenant.scim.createUser('ana', { title: 'Clerk' })
    await setAttributeAuthority(testDatabase(), tenant.organizationId, { nickName: [directoryId, tenant.directoryId] })
    const resource = { schemas: [userSchema], userName: 'ana', title: 'Engineer', nickName: 'A', displayName: 'Ana' }
    const link = { operation: 'link', sourceId: 'a', resourceId: String(id), resource, plan: { active: true } } as const
    await applyRun(await planByHand(tenant.organizationId, directoryId, [link]))
    await remove()
    expect(await read(`/Users/${id}`)).to.deep.include({ title: 'Clerk', nickName: 'A', displayName: 'Ana' })
    const [row] = await query<{ set_by: Record<string, string>; authority: unknown }>(
      testDatabase(),
      `select u.set_by, o.attribute_authority as authority from users u join organizations o using (org_id) where u.id = $1`,
      [id],
    )
    expect(row?.set_by).to.deep.include({ title: tenant.directoryId, nickName: manualId, displayName: manualId })
    expect(row?.authority).to.deep.equal({ nickName: [manualId, tenant.directoryId] })
    // Where the other one goes, what was said by this one is left.
    await tenant.scim.delete(`/Users/${id}`)
    expect(await read(`/Users/${id}`)).to.deep.include({ title: 'Engineer', nickName: 'A' })
  })

  it('makes one word of what it and the manual directory said', async () => {
    const id = await bring('ana', { title: 'Clerk', nickName: 'A' })
    await application.patch(`/Users/${id}`, [
      { op: 'add', path: 'title', value: 'Engineer' },
      { op: 'add', path: 'locale', value: 'pt' },
    ])
    expect(await read(`/Users/${id}`)).to.deep.include({ title: 'Clerk', nickName: 'A', locale: 'pt' })
    await remove()
    expect(await read(`/Users/${id}`)).to.deep.include({
      title: 'Clerk',
      nickName: 'A',
      locale: 'pt',
      externalId: 'ana',
    })
    const links = await query(testDatabase(), 'select directory_id, resource from links where user_id = $1', [id])
    expect(links).to.deep.equal([{ directory_id: manualId, resource: null }])
    await application.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Engineer' }])
    expect(await read(`/Users/${id}`)).to.deep.include({ title: 'Engineer', nickName: 'A', locale: 'pt' })
  })

  it('forgets whom it deleted, and what it deleted can still be looked at', async () => {
    const { id } = await tenant.scim.createUser('ana')
    const { scim: other, directoryId: otherId } = await tenant.addDirectory('Entra')
    await other.delete(`/Users/${id}`)
    await remove(otherId)
    expect(await query(testDatabase(), 'select directory_id from links where user_id = $1', [id])).to.deep.equal([
      { directory_id: tenant.directoryId },
    ])
  })

  it('is refused where groups would have the same name, and for the manual directory', async () => {
    await bringGroup('g1', 'Staff')
    await application.createGroup('staff')
    const before = await readLog(tenant)
    expect(await refusal(remove())).to.equal(
      'conflict: The manual directory already has groups of these names, and its groups would be of the same directory: Staff. Rename or delete them first.',
    )
    expect(await readLog(tenant)).to.deep.equal(before)
    expect(await refusal(remove(manualId))).to.match(/^conflict: The manual directory cannot be deleted/)
  })

  it('lets nobody write for it who began meanwhile', async () => {
    const { organizationId } = tenant
    const [deleted, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const removing = transaction(testDatabase(), async (tx) => {
      await deleteDirectory(tx, organizationId, directoryId, { at: clock.now(), requestId: null })
      deleted.resolve()
      await end.promise
    })
    await deleted.promise
    const rest = { view: 'directory', restoresUsers: false, tokenId: null, requestId: null } as const
    const actor = { organizationId, directoryId, at: clock.now(), ...rest }
    const user = draftUser(actor, { resource: { schemas: [userSchema], userName: 'late' }, externalId: null })
    const writing = refusal(single(testDatabase(), () => insertUsers(testDatabase(), actor, [user], 'create', 1)))
    end.resolve()
    await removing
    expect(await writing).to.match(/^not_found: /)
    expect((await read('/Users'))['totalResults']).to.equal(0)
  })

  it('does it for very many people', async function () {
    this.timeout(60_000)
    await query(
      testDatabase(),
      `with u as (insert into users (org_id, id, directory_id, user_name_key, email_keys, resource, created_at, modified_at)
         select $1, 'emp_' || lpad(n::text, 26, '0'), $2, 'p' || n, '{}', jsonb_build_object('schemas', jsonb_build_array('${userSchema}'), 'userName', 'p' || n),
           now(), now() from generate_series(1, 4500) n returning id)
       insert into links (org_id, user_id, directory_id, created_at, seen_at) select $1, id, $2, now(), now() from u`,
      [tenant.organizationId, directoryId],
    )
    await query(
      testDatabase(),
      `insert into changes (org_id, at, directory_id, resource_type, resource_id, operation, version, difference)
       select org_id, now(), directory_id, 'User', id, 'create', 1, '{}' from users where org_id = $1`,
      [tenant.organizationId],
    )
    await query(
      testDatabase(),
      `insert into outbox (org_id, at, type, resource_type, resource_id, version) select org_id, now(), 'user.created', 'User', id, 1 from users where org_id = $1`,
      [tenant.organizationId],
    )
    await remove()
    const text = 'select count(*) as count from users where org_id = $1 and directory_id = $2 and version = 2'
    expect(await query(testDatabase(), text, [tenant.organizationId, manualId])).to.deep.equal([{ count: 4500 }])
  })
})
