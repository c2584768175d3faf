import { expect } from 'chai'
import { createLogger } from '../../server/ops/logger.ts'
import { createTenant, logLines } from '../support/app.ts'
import { userSchema } from '../support/scim-client.ts'

describe('logs', () => {
  it('7644-7-03 9700-2-4-04 say nothing of people and nothing secret, whatever a request carries and however it ends', async () => {
    const { scim } = await createTenant()
    const before = logLines.length
    const user = {
      schemas: [userSchema],
      userName: 'canary-name',
      password: 'canary-password',
      emails: [{ value: 'canary@x.example' }],
    }
    await scim.post('/Users', user)
    await scim.post('/Users', user)
    await scim.post('/Users', { ...user, emails: 'canary-wrong' })
    await scim.filter('/Users', 'userName eq "canary-filter"')
    await scim.filter('/Users', 'canary eq')
    await scim.withToken('canary-token').get('/Users')
    const lines = logLines.slice(before)
    expect(lines).to.have.length.of.at.least(6)
    expect(lines.join('')).not.to.include('canary').and.not.include(scim.token)
  })

  it('cover what is secret by name, and keep of a database error only what names the fault', () => {
    const lines: string[] = []
    const logger = createLogger('info', { write: (line) => lines.push(line) })
    const fault = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (user_name)=(canary)',
      where: 'canary',
    })
    logger.info({ token: 'canary', request: { authorization: 'canary', emails: ['canary'] }, err: fault }, 'something')
    expect(lines.join('')).not.to.include('canary')
    expect(JSON.parse(lines[0] ?? '')).to.have.nested.property('err.code', '23505')
  })
})
