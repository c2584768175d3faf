import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createSealer } from '../../server/auth/sealer.ts'
import { connect } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import { clock, createTenant } from '../support/app.ts'
import { startMailServer } from '../support/mail-server.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { Installation, RollcallProcess } from '../support/process.ts'
import { addSubscriber, closeReceivers } from '../support/subscriber.ts'
import { badgeSchema, exampleFolder, schemaFile, typeFile, withFolder } from '../support/resource-types.ts'
import { userSchema } from '../support/scim-client.ts'
import { forgetUnreadable } from '../support/sealed.ts'

describe('rollcall doctor', function () {
  this.timeout(60_000)
  before(forgetUnreadable)
  async function examine(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
    const run = new RollcallProcess(['doctor'], { PORT: '0', ...environment })
    return { code: (await run.exit).code, output: run.output }
  }

  it('finds nothing wrong with a healthy installation, running or not', async () => {
    const installation = await Installation.create()
    try {
      const { process: rollcall, baseUrl } = await installation.serve()
      const { port } = new URL(baseUrl)
      const running = await examine({ DATA_DIR: installation.dataDir, PORT: port })
      expect(running.output).to.match(/ok +port +Rollcall answers/)
      await rollcall.stop()
      const stopped = await examine({ DATA_DIR: installation.dataDir, PORT: port })
      expect(stopped.output).to.match(/ok +port .*is free/)
      for (const { code, output } of [running, stopped]) {
        expect(output)
          .to.match(/ok +settings/)
          .and.match(/ok +database .*version 18/)
          .and.match(/ok +migrations/)
        expect(output).not.to.match(/BROKEN|warning/)
        expect(code).to.equal(0)
      }
    } finally {
      await installation.remove()
    }
  })

  it('names wrong settings', async () => {
    const { code, output } = await examine({ PORT: '70000', DATABASE_URL: 'mysql://secret@host/x' })
    expect(code).to.equal(1)
    expect(output)
      .to.match(/BROKEN +settings/)
      .and.match(/PORT/)
      .and.match(/DATABASE_URL/)
    expect(output).not.to.include('secret')
  })

  it('signs in to the mail server, and names what whoever tells of events cannot use', async () => {
    const mail = await startMailServer()
    const elsewhere = { DATABASE_URL: 'postgres://rollcall:secret@127.0.0.1:1/rollcall' }
    const settings = { ...elsewhere, SMTP_URL: mail.url, MAIL_FROM: 'rollcall@larkspur.example' }
    expect((await examine(settings)).output).to.match(/ok +mail +the mail server takes mails/)
    await mail.close()
    const away = await examine({ ...settings, SMTP_URL: mail.url.replace('//', '//ana:pass-word@') })
    expect(away.output).to.match(/BROKEN +mail +The mail server cannot be reached.*SMTP_URL/)
    expect(away.output).not.to.include('pass-word')
    expect((await examine({ ...elsewhere, SMTP_URL: mail.url })).output).to.match(/BROKEN +settings +MAIL_FROM must be/)
    expect((await examine({ ...elsewhere, OUTGOING_ALLOW: '10.0.0.0/99' })).output).to.match(
      /BROKEN +settings +OUTGOING_ALLOW: 10\.0\.0\.0\/99/,
    )
  })

  it('says that the database cannot be reached, and where', async () => {
    const { code, output } = await examine({ DATABASE_URL: 'postgres://rollcall:secret@127.0.0.1:1/rollcall' })
    expect(code).to.equal(1)
    expect(output).to.match(/BROKEN +database +PostgreSQL at 127\.0\.0\.1:1\/rollcall .*ECONNREFUSED/)
    expect(output).not.to.include('secret')
  })

  it('says that the port is taken by something else', async () => {
    const other = createServer((_request, response) => response.end('something else'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = other.address() as AddressInfo
      const { code, output } = await examine({ DATABASE_URL: testDatabaseUrl(), PORT: String(port) })
      expect(code).to.equal(1)
      expect(output).to.match(new RegExp(`BROKEN +port +127.0.0.1:${port} cannot be listened on`))
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  })

  it('says that the database was migrated by a newer Rollcall, and serve refuses it', async () => {
    const url = new URL(testDatabaseUrl())
    url.pathname = '/doctor_newer'
    await query(testDatabase(), 'create database doctor_newer')
    const db = connect({ url: url.href, poolSize: 2 })
    try {
      await query(db, 'create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)')
      await query(db, `insert into kysely_migration values ('9999-from-the-future', '2099-01-01T00:00:00Z')`)
      const { code, output } = await examine({ DATABASE_URL: url.href })
      expect(code).to.equal(1)
      expect(output).to.match(/BROKEN +migrations +.*newer Rollcall/)
    } finally {
      await db.destroy()
      await query(testDatabase(), 'drop database doctor_newer with (force)')
    }
  })

  it('reads the files of ROLLCALL_SCHEMAS_DIR, and says what they add, or what is wrong with them', async () => {
    const look = (folder: string): Promise<{ code: number | null; output: string }> =>
      examine({ DATABASE_URL: testDatabaseUrl(), ROLLCALL_SCHEMAS_DIR: folder })
    const good = await look(exampleFolder)
    expect(good.output).to.match(/ok +schemas +\S+resource-types adds to User, Device/)
    expect(good.code).to.equal(0)
    const gone = await look('/nowhere')
    expect(gone.output).to.match(/BROKEN +schemas +ROLLCALL_SCHEMAS_DIR: the folder \/nowhere cannot be read/)
    expect(gone.output).to.match(/ok +database/)
    expect(gone.code).to.equal(1)
    await withFolder({ 'notes.txt': 'nothing' }, async (folder) => {
      expect((await look(folder)).output).to.match(/warning +schemas +\S+ has no resource type/)
    })
    const documents = [
      schemaFile(badgeSchema, [{ name: 'title' }]),
      typeFile('User', userSchema, { schemaExtensions: [{ schema: badgeSchema, required: false }] }),
    ]
    await withFolder({ 'badge.json': documents }, async (folder) => {
      const { code, output } = await look(folder)
      expect(output).to.match(/warning +schemas +urn:example:\S+:Badge:title has the name of a core attribute/)
      expect(code).to.equal(0)
    })
  })

  it('names who does not hear of events', async () => {
    const { id, tenant, read } = await addSubscriber({ name: 'Payroll' })
    const disable = `update subscriptions set enabled = false, disabled_reason = 'It is gone.' where org_id = $1 and id = $2`
    await query(testDatabase(), disable, [tenant.organizationId, id])
    expect(await read()).to.include({ enabled: false })
    const { code, output } = await examine({ DATABASE_URL: testDatabaseUrl() })
    await query(testDatabase(), 'delete from subscriptions where org_id = $1', [tenant.organizationId])
    await closeReceivers()
    expect(code).to.equal(0)
    expect(output).to.match(
      new RegExp(`warning +events +the webhook Payroll \\(${id}\\) is disabled: It is gone\\. Enable it`),
    )
  })

  it('opens every secret, and names those that cannot be opened', async () => {
    const { organizationId, directoryId } = await createTenant()
    const lost = createSealer(testDatabase(), `lost:${Buffer.alloc(32).toString('base64url')}`, clock.now)
    const sealed = await lost.seal(`directory:${directoryId}`, '{}')
    const change = 'update directories set secrets = $3 where org_id = $1 and id = $2'
    await query(testDatabase(), change, [organizationId, directoryId, sealed])
    const broken = await examine({ DATABASE_URL: testDatabaseUrl() })
    await query(testDatabase(), change, [organizationId, directoryId, null])
    expect(broken.code).to.equal(1)
    expect(broken.output).to.match(
      new RegExp(`BROKEN +secrets +1 secrets of directories cannot be opened, such as that of ${directoryId}: .*lost`),
    )
    const whole = await examine({ DATABASE_URL: testDatabaseUrl() })
    expect(whole.output).to.match(/ok +secrets +(all \d+ can be opened|there are none)/)
    expect(whole.code).to.equal(0)
  })

  it('warns of a variable that means nothing', async () => {
    const { output } = await examine({ DATABASE_URL: testDatabaseUrl(), ROLLCALL_SCIM_TOKN: 'misspelt' })
    expect(output).to.match(/warning +settings +ROLLCALL_SCIM_TOKN: no such setting/)
  })
})
