// What a directory that is pulled knows: what changes what a record means, what is told of it, and when it is due.
import { expect } from 'chai'
import type { Actor } from '../../server/directory/actor.ts'
import { query } from '../../server/db/query.ts'
import { createDirectory, listDirectories } from '../../server/directory/directories.ts'
import {
  type DirectoryKey,
  listDueDirectories,
  pauseDirectory,
  type PullDirectory,
  readPullDirectory,
  recordChecks,
  resumeDirectory,
  setConnection,
  setMapping,
  setNextRun,
  setSettings,
} from '../../server/directory/pull-directories.ts'
import { AppError } from '../../server/errors.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { readLog } from '../support/event-log.ts'
import { testDatabase } from '../support/postgres.ts'

describe('directories that are pulled', () => {
  let tenant: Tenant
  let key: DirectoryKey
  const db = testDatabase
  beforeEach(async () => {
    tenant = await createTenant()
    const { organizationId } = tenant
    const directory = { kind: 'pull', provider: 'hibob', name: 'HR' } as const
    key = { organizationId, id: await createDirectory(db(), organizationId, directory, clock.now()) }
  })

  const request = (): Pick<Actor, 'at' | 'requestId'> => ({ at: clock.now(), requestId: 'req_1' })
  const read = (): Promise<PullDirectory> => readPullDirectory(db(), key.organizationId, key.id)

  async function listChanges(): Promise<unknown[]> {
    const events = (await readLog(tenant)).filter(({ type }) => type === 'directory.updated')
    return events.map(({ data }) => data['changes'])
  }

  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.catch((thrown: unknown) => thrown)
    if (!(error instanceof AppError)) throw new Error('not refused')
    return error.code
  }

  it('begin unconnected, bring people back who are back, and tell who leaves', async () => {
    expect(await read()).to.deep.include({
      kind: 'pull',
      restoreUsers: true,
      connection: null,
      connectedAt: null,
      confirmedAt: null,
      settings: {},
      mapping: {},
      rulesVersion: 1,
      timeZone: 'UTC',
    })
    const directory = (await listDirectories(db(), key.organizationId)).find(({ id }) => id === key.id)
    expect(directory).to.deep.include({ restoreUsers: true, sendInvitations: false, sendOffboardingEmails: true })
  })

  it('are read anew where the connection is another, and not where only its secrets are', async () => {
    await setConnection(db(), key, { connection: { tenant: 'a' }, secrets: 'one' }, request())
    await query(db(), `update directories set cursor = '{"at": 7}' where org_id = $1 and id = $2`, [
      key.organizationId,
      key.id,
    ])
    expect(await read()).to.deep.include({ rulesVersion: 2, secrets: 'one' })
    await setConnection(db(), key, { connection: { tenant: 'a' }, secrets: 'two' }, request())
    expect(await read()).to.deep.include({ rulesVersion: 2, cursor: { at: 7 }, secrets: 'two' })
    await setConnection(db(), key, { connection: { tenant: 'b' }, secrets: 'two' }, request())
    expect(await read()).to.deep.include({ rulesVersion: 3, cursor: null, connection: { tenant: 'b' } })
    // What is told has no secrets, nor where they lead.
    expect(JSON.stringify(await listChanges())).to.not.match(/one|two|tenant/)
    expect(await listChanges()).to.have.length(3)
    const [manual] = (await listDirectories(db(), key.organizationId)).filter(({ kind }) => kind === 'manual')
    const of = { ...key, id: manual?.id ?? '' }
    expect(await refusal(setConnection(db(), of, { connection: {}, secrets: null }, request()))).to.equal('conflict')
    expect(
      await refusal(setConnection(db(), { ...key, id: 'dir_no' }, { connection: {}, secrets: null }, request())),
    ).to.equal('not_found')
  })

  it('raise the version of their rules with settings and mapping that change what a record means', async () => {
    await setSettings(db(), key, { pageSize: 50 }, request())
    expect((await read()).rulesVersion).to.equal(1)
    await setSettings(db(), key, { pageSize: 50, syncGroups: false }, request())
    expect((await read()).rulesVersion).to.equal(2)
    await setMapping(db(), key, { title: 'work.title' }, request())
    expect((await read()).rulesVersion).to.equal(3)
    await setMapping(db(), key, { title: 'work.title' }, request())
    await setSettings(db(), key, { syncGroups: false, pageSize: 50 }, request())
    expect(await read()).to.deep.include({ rulesVersion: 3, mapping: { title: 'work.title' } })
    expect(await listChanges()).to.deep.equal([
      { pageSize: { before: null, after: 50 } },
      { syncGroups: { before: null, after: false } },
      { mapping: { before: {}, after: { title: 'work.title' } } },
    ])
  })

  it('are due when their time has come, they are connected, and not paused', async () => {
    const isDue = async (): Promise<boolean> => {
      const due = await listDueDirectories(db(), clock.now(), 1000)
      return due.some(({ id }) => id === key.id)
    }
    await setNextRun(db(), key, clock.now())
    expect(await isDue()).to.equal(false)
    await setConnection(db(), key, { connection: {}, secrets: null }, request())
    expect(await isDue()).to.equal(true)
    await pauseDirectory(db(), key, request())
    await pauseDirectory(db(), key, request())
    expect(await isDue()).to.equal(false)
    await resumeDirectory(db(), key, request())
    await resumeDirectory(db(), key, request())
    expect(await isDue()).to.equal(true)
    await setNextRun(db(), key, new Date(clock.now().getTime() + 60_000))
    expect(await isDue()).to.equal(false)
    expect(await listChanges()).to.have.length(3)
  })

  it('keep what the last test of the connection found', async () => {
    const at = clock.now()
    const checks = [{ name: 'sign_in', ok: true, detail: 'Signed in.' }]
    await recordChecks(db(), key, at, checks)
    expect(await read()).to.deep.include({ checkedAt: at, checks })
  })
})
