// Invitations and offboarding mails, which directories switch on.
import { expect } from 'chai'
import type { Body, ScimClient } from '../support/scim-client.ts'
import { startTriggerWorld, type TriggerWorld } from '../support/trigger-world.ts'

describe('built-in triggers', () => {
  let world: TriggerWorld
  beforeEach(async () => {
    world = await startTriggerWorld()
  })
  afterEach(() => world.close())

  async function setDirectory(settings: Body, directoryId = world.tenant.directoryId): Promise<void> {
    expect((await world.admin.patch(`/directories/${directoryId}`, settings)).status).to.equal(204)
  }

  function hire(userName: string, more: Body = {}, scim: ScimClient = world.scim): Promise<Body> {
    const emails = [{ value: `${userName}@larkspur.example`, primary: true }]
    return scim.createUser(userName, { displayName: `${userName} Sample`, emails, active: true, ...more })
  }

  function setActive(id: string, value: boolean): Promise<unknown> {
    return world.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value }])
  }

  async function listSubjects(): Promise<(string | undefined)[]> {
    await world.settle()
    return world.mail.mails
      .splice(0)
      .map(({ to, headers }) => `${to.join()}: ${headers.get('subject')?.split(' ').pop()}`)
  }

  async function findBuiltIn(builtIn: string): Promise<Body> {
    const { body } = await world.admin.get('/triggers')
    const found = (body['data'] as Body[]).filter((trigger) => trigger['builtIn'] === builtIn)
    expect(found).to.have.length(1)
    return found[0] as Body
  }

  it('are there in every organization, and say nothing before a directory is set so', async () => {
    await hire('ana')
    const directories = (await world.admin.get('/directories')).body['data'] as Body[]
    for (const directory of directories) {
      expect(directory).to.deep.include({ sendInvitations: false, sendOffboardingEmails: false })
    }
    expect(await findBuiltIn('invitation')).to.deep.include({ enabled: true, directoryIds: [], problem: null })
    const ana = await hire('ben')
    await setActive(ana['id'], false)
    expect(await listSubjects()).to.deep.equal([])
  })

  it('invite who comes by a directory that sends invitations, and nobody who comes by another', async () => {
    const other = await world.tenant.addDirectory('HR')
    await setDirectory({ sendInvitations: true })
    expect((await findBuiltIn('invitation'))['directoryIds']).to.deep.equal([world.tenant.directoryId])
    await hire('ana')
    await hire('ben', {}, other.scim)
    await world.settle()
    const [mail, ...others] = world.mail.mails
    expect(others).to.deep.equal([])
    expect(mail?.to).to.deep.equal(['ana@larkspur.example'])
    expect(mail?.headers.get('subject')).to.match(/^Your account at organization-/)
    expect(mail?.text).to.match(
      /^Hello ana Sample,\n\nyour account at organization-\S+ is ready\. Your user name is ana\./,
    )
    world.mail.mails.splice(0)
    await setDirectory({ sendInvitations: false })
    await hire('cleo')
    expect(await listSubjects()).to.deep.equal([])
  })

  it('invite who is made inactive when they are activated, and who comes back', async () => {
    await setDirectory({ sendInvitations: true, restoreUsers: true })
    const ana = await hire('ana', { active: false })
    await world.settle()
    expect(world.mail.mails).to.deep.equal([])
    await setActive(ana['id'], true)
    await world.settle()
    expect(world.mail.mails.splice(0).map(({ to }) => to.join())).to.deep.equal(['ana@larkspur.example'])
    await world.scim.delete(`/Users/${ana['id']}`)
    const again = await hire('ana')
    expect(again['id']).to.equal(ana['id'])
    await world.settle()
    expect(world.mail.mails.map(({ to }) => to.join())).to.deep.equal(['ana@larkspur.example'])
  })

  it('write to who leaves, once', async () => {
    await setDirectory({ sendOffboardingEmails: true })
    const manager = await hire('kim')
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
    const user = await hire('ana', { [enterprise]: { manager: { value: manager['id'] } } })
    await setActive(user['id'], false)
    await world.scim.delete(`/Users/${user['id']}`)
    await world.settle()
    expect(world.mail.mails).to.have.length(1)
    const [mail] = world.mail.mails
    expect(mail?.to).to.deep.equal(['ana@larkspur.example'])
    expect(mail?.headers.get('subject')).to.match(/was deactivated$/)
    expect(mail?.text).to.contain('your account ana at organization-')
    expect(mail?.text).to.contain('If this is a mistake, tell kim Sample (kim@larkspur.example).')
  })

  it('are edited and disabled, and go on by the directories', async () => {
    await setDirectory({ sendInvitations: true })
    const { id, action } = await findBuiltIn('invitation')
    const changed = { condition: 'title eq "Clerk"', action: { ...action, subject: 'Come in, {{ user.userName }}' } }
    expect((await world.admin.patch(`/triggers/${id}`, changed)).status).to.equal(204)
    await setDirectory({ sendOffboardingEmails: true })
    expect(await findBuiltIn('invitation')).to.deep.include(changed)
    await hire('ana')
    await hire('ben', { title: 'Clerk' })
    expect(await listSubjects()).to.deep.equal(['ben@larkspur.example: ben'])
    expect((await world.admin.patch(`/triggers/${id}`, { enabled: false })).status).to.equal(204)
    await hire('cleo', { title: 'Clerk' })
    expect(await listSubjects()).to.deep.equal([])
  })

  it('cannot be removed, nor hear of anything else', async () => {
    const { id } = await findBuiltIn('offboarding')
    expect((await world.admin.delete(`/triggers/${id}`)).status).to.equal(409)
    expect((await world.admin.patch(`/triggers/${id}`, { types: ['user.created'] })).status).to.equal(400)
    await findBuiltIn('offboarding')
  })

  it('are made once, also when several ask at the same time, and beside one of the same name', async () => {
    const own = {
      name: 'invitation',
      types: ['user.created'],
      action: { kind: 'email', to: 'hr@larkspur.example', subject: 'New', text: 'New' },
    }
    await world.addTrigger(own)
    await Promise.all([1, 2, 3, 4].map(() => world.admin.get('/triggers')))
    const { body } = await world.admin.get('/triggers')
    expect((body['data'] as Body[]).map(({ name }) => name)).to.have.members([
      'invitation',
      'Invitation (built-in)',
      'Offboarding',
    ])
  })
})
