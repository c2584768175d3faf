import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { Installation } from '../support/process.ts'
import { exampleFolder, widgets, withFolder } from '../support/resource-types.ts'
import {
  beginCreate,
  createUser,
  given,
  listUserNames,
  readPostmasterPid,
  refusesConnections,
  writeUntilKilled,
} from '../support/started.ts'

describe('starting Rollcall on the embedded database', function () {
  this.timeout(90_000)
  let installation: Installation
  beforeEach(async () => {
    installation = await Installation.create()
  })
  afterEach(() => installation.remove())

  it('prints base URL, token and a curl line that works, once; the next start prints no secret and has the data', async () => {
    const first = await installation.serve()
    const [, header, url] = await first.process.until(/curl -H 'Authorization: ([^']+)' '([^']+)'/)
    const [, secret] = await first.process.until(/Bearer token\s+(\S+)/)
    expect(header).to.equal(`Bearer ${secret}`)
    const answer = await fetch(url ?? '', { headers: { Authorization: header ?? '' } })
    expect(answer.status).to.equal(200)
    expect(await answer.json()).to.include({ totalResults: 0 })
    expect((await createUser(first.baseUrl, 'kept', secret)).status).to.equal(201)
    expect((await first.process.stop()).code).to.equal(0)

    const second = await installation.serve()
    expect(second.process.output).not.to.match(/rc_|curl/)
    expect(await listUserNames(second.baseUrl, secret)).to.deep.equal(new Set(['kept']))
  })

  it('stops itself and PostgreSQL within ten seconds of SIGTERM, finishing the request under way', async () => {
    const { process: rollcall, baseUrl } = await installation.serve(given)
    const begun = await beginCreate(baseUrl, 'last')
    const started = performance.now()
    const exit = rollcall.stop()
    await refusesConnections(baseUrl)
    expect((await begun.finish()).statusCode).to.equal(201)
    expect(await exit).to.deep.equal({ code: 0, signal: null })
    expect(performance.now() - started).to.be.below(10_000)
    // The server takes its pid file away as its last act.
    expect(existsSync(path.join(installation.dataDir, 'postgres-18', 'postmaster.pid'))).to.equal(false)
  })

  it('refuses a second Rollcall on the same DATA_DIR, and serves on', async () => {
    const { baseUrl } = await installation.serve(given)
    const second = installation.run(['serve'], given)
    expect((await second.exit).code).to.equal(1)
    expect(second.output).to.match(/Another Rollcall serves from/)
    expect((await createUser(baseUrl, 'still-served')).status).to.equal(201)
  })

  it('lets commands work beside it, and they leave it running', async () => {
    const { baseUrl } = await installation.serve(given)
    const sample = installation.run(['sample', '--size', '20'])
    expect((await sample.exit).code, sample.output).to.equal(0)
    expect((await listUserNames(baseUrl)).size).to.equal(20)
    const created = installation.run(['tokens', 'create', '--scopes', 'read', '--name', 'Intranet'])
    expect((await created.exit).code).to.equal(0)
    const [, secret = ''] = /(rc_\S+)/.exec(created.output) ?? []
    expect((await listUserNames(baseUrl, secret)).size).to.equal(20)
    expect((await createUser(baseUrl, 'no', secret)).status).to.equal(403)
    const listed = installation.run(['tokens', 'list'])
    await listed.exit
    expect(listed.output)
      .to.match(/Intranet/)
      .and.not.include(secret)
    const [, id = ''] = /(tok_\w+).*Intranet/.exec(listed.output) ?? []
    expect((await installation.run(['tokens', 'revoke', id]).exit).code).to.equal(0)
  })

  it('has every acknowledged write after kill -9 of itself, and adopts the PostgreSQL that lived on', async () => {
    const { process: rollcall, baseUrl } = await installation.serve(given)
    const pid = await readPostmasterPid(installation.dataDir)
    const acknowledged = await writeUntilKilled(baseUrl, () => rollcall.stop('SIGKILL'))
    const { baseUrl: again } = await installation.serve(given)
    expect(await readPostmasterPid(installation.dataDir)).to.equal(pid)
    const found = await listUserNames(again)
    expect([...acknowledged].filter((name) => !found.has(name))).to.deep.equal([])
  })

  it('has every acknowledged write after kill -9 of itself and of PostgreSQL', async () => {
    const { process: rollcall, baseUrl } = await installation.serve(given)
    const pid = await readPostmasterPid(installation.dataDir)
    const acknowledged = await writeUntilKilled(baseUrl, async () => {
      process.kill(pid, 'SIGKILL')
      await rollcall.stop('SIGKILL')
    })
    const { baseUrl: again } = await installation.serve(given)
    const found = await listUserNames(again)
    expect([...acknowledged].filter((name) => !found.has(name))).to.deep.equal([])
  })

  it('names every wrong setting and opens no port', async () => {
    const rollcall = installation.run(['serve'], { PORT: 'abc', LOG_LEVEL: 'loud', ROLLCALL_SCIM_TOKEN: 'short' })
    expect((await rollcall.exit).code).to.equal(4)
    expect(rollcall.output)
      .to.match(/PORT/)
      .and.match(/LOG_LEVEL/)
      .and.match(/ROLLCALL_SCIM_TOKEN/)
    expect(rollcall.output).not.to.include('short')
  })

  it('does not start with files that it could not keep to, and shows the token once they are right', async () => {
    await withFolder({ 'widget.json': widgets({ name: 'size', type: 'huge' }) }, async (folder) => {
      const wrong = installation.run(['serve'], { ROLLCALL_SCHEMAS_DIR: folder })
      expect((await wrong.exit).code).to.equal(4)
      expect(wrong.output).to.match(/rollcall: ROLLCALL_SCHEMAS_DIR: \S+\/widget\.json: urn:example:Widget .*size type/)
      expect(wrong.output).not.to.match(/serves SCIM|rc_/)
    })
    const right = await installation.serve({ ROLLCALL_SCHEMAS_DIR: exampleFolder })
    const [, secret = ''] = await right.process.until(/Bearer token\s+(\S+)/)
    const answer = await fetch(`${right.baseUrl}/Devices`, { headers: { Authorization: `Bearer ${secret}` } })
    expect(await answer.json()).to.include({ totalResults: 0 })
  })

  it('says which port is taken', async () => {
    const { baseUrl } = await installation.serve(given)
    const other = await Installation.create()
    try {
      const second = other.run(['serve'], { PORT: new URL(baseUrl).port })
      expect((await second.exit).code).to.equal(4)
      expect(second.output).to.match(/the port is in use/)
      // What is shown once is shown by the start that succeeds.
      const third = await other.serve()
      await third.process.until(/Bearer token\s+rc_/)
    } finally {
      await other.remove()
    }
  })
})
