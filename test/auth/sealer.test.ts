// Secrets that have to be read again are sealed with the operator's keys, or with one that the database keeps.
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { createSealer, type Sealer } from '../../server/auth/sealer.ts'
import { AppError } from '../../server/errors.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'

const newKey = (name: string): string => `${name}:${randomBytes(32).toString('base64url')}`

const create = (keys?: string): Sealer => createSealer(testDatabase(), keys, clock.now)

async function refuse(sealer: Sealer, context: string, sealed: string): Promise<string> {
  try {
    return `opened: ${await sealer.open(context, sealed)}`
  } catch (error) {
    expect(error).to.be.instanceOf(AppError)
    expect((error as AppError).code).to.equal('secret_unreadable')
    return (error as AppError).message
  }
}

describe('the sealer', () => {
  for (const [name, keys] of [
    ['a key of the operator', newKey('first')],
    ['the key of the database', undefined],
  ] as const) {
    it(`seals and opens with ${name}, on any process`, async () => {
      const sealed = await create(keys).seal('webhook org_1', 'whsec_ü')
      expect(await create(keys).open('webhook org_1', sealed)).to.equal('whsec_ü')
      expect(Buffer.from(sealed, 'latin1').includes('whsec')).to.equal(false)
      expect(await create(keys).seal('webhook org_1', 'whsec_ü')).not.to.equal(sealed)
    })
  }

  it('opens under the context only that was sealed under', async () => {
    const sealer = create(newKey('first'))
    const sealed = await sealer.seal('webhook org_1', 'mine')
    expect(await refuse(sealer, 'webhook org_2', sealed)).to.equal('A sealed secret is that of something else.')
    const [header = '', ...rest] = sealed.split('.')
    const forged = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, unknown>
    forged['sub'] = 'webhook org_2'
    const moved = [Buffer.from(JSON.stringify(forged)).toString('base64url'), ...rest].join('.')
    expect(await refuse(sealer, 'webhook org_2', moved)).to.contain('The key first does not open')
  })

  it('writes with the first key and reads with all of them', async () => {
    const [old, fresh] = [newKey('old'), newKey('fresh')]
    const before = await create(old).seal('a', 'before')
    const rotated = create(`${fresh},${old}`)
    expect(await rotated.open('a', before)).to.equal('before')
    const after = await rotated.seal('a', 'after')
    expect(decodeProtectedHeader(after).kid).to.equal('fresh')
    expect(await create(`${old},${fresh}`).open('a', after)).to.equal('after')
    expect(await create(fresh).open('a', after)).to.equal('after')
    expect(await refuse(create(fresh), 'a', before)).to.equal(
      'A secret was sealed with the key old, which is not in ENCRYPTION_KEYS.',
    )
  })

  it('opens what the key of the database has sealed also when there are other keys later', async () => {
    const sealed = await create().seal('a', 'from the beginning')
    const later = create(newKey('first'))
    expect(await later.open('a', sealed)).to.equal('from the beginning')
    const after = await later.seal('a', 'later')
    expect(await refuse(create(), 'a', after)).to.contain('the key first, which is not in ENCRYPTION_KEYS')
  })

  it('does not open with another key of the same name, nor what was changed', async () => {
    const key = newKey('first')
    const sealed = await create(key).seal('a', 'secret')
    expect(await refuse(create(newKey('first')), 'a', sealed)).to.contain('The key first does not open')
    const spoilt = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`
    expect(await refuse(create(key), 'a', spoilt)).to.contain('The key first does not open')
    for (const text of ['', 'secret', 'a.b.c.d.e']) {
      expect(await refuse(create(key), 'a', text)).to.equal('A sealed secret is not what was stored.')
    }
  })

  it('takes no two keys of one name', () => {
    expect(() => create(`${newKey('first')},${newKey('first')}`)).to.throw(AppError, 'two keys have the name first')
  })
})
