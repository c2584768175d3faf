// Offices, by names that differ in more than case and spaces.
import { expect } from 'chai'
import {
  changeLocation,
  createLocation,
  deleteLocation,
  ensureLocations,
  listLocations,
} from '../../server/directory/locations.ts'
import { readPullDirectory } from '../../server/directory/pull-directories.ts'
import { transaction } from '../../server/db/transaction.ts'
import { AppError } from '../../server/errors.ts'
import { clock, createTenant } from '../support/app.ts'
import { addPullDirectory } from '../support/planned-run.ts'
import { testDatabase } from '../support/postgres.ts'

describe('locations', () => {
  let organizationId: string
  const db = testDatabase
  beforeEach(async () => {
    ;({ organizationId } = await createTenant())
  })

  const create = (name: string, timeZone: string | null = null): ReturnType<typeof createLocation> =>
    createLocation(db(), organizationId, { name, timeZone }, clock.now())

  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.catch((thrown: unknown) => thrown)
    if (!(error instanceof AppError)) throw new Error('not refused')
    return error.code
  }

  it('are made, read, changed and deleted', async () => {
    const { id } = await create(' Lisbon ', 'Europe/Lisbon')
    await create('Berlin')
    const names = (await listLocations(db(), organizationId)).map(({ name }) => name)
    expect(names).to.deep.equal(['Berlin', 'Lisbon'])
    expect((await listLocations(db(), organizationId))[1]).to.deep.include({
      id,
      name: 'Lisbon',
      timeZone: 'Europe/Lisbon',
    })
    expect(await changeLocation(db(), organizationId, id, { name: 'Lisboa' })).to.deep.include({
      name: 'Lisboa',
      timeZone: 'Europe/Lisbon',
    })
    expect(await changeLocation(db(), organizationId, id, { timeZone: null })).to.deep.include({
      name: 'Lisboa',
      timeZone: null,
    })
    await deleteLocation(db(), organizationId, id)
    expect(await refusal(deleteLocation(db(), organizationId, id))).to.equal('not_found')
    expect(await refusal(changeLocation(db(), organizationId, id, {}))).to.equal('not_found')
  })

  it('are refused where the name is taken in any case, or is none, or the time zone is none', async () => {
    const { id } = await create('Lisbon')
    await create('Porto')
    expect(await refusal(create('LISBON'))).to.equal('uniqueness')
    expect(await refusal(changeLocation(db(), organizationId, id, { name: 'porto' }))).to.equal('uniqueness')
    expect(await refusal(create(' '))).to.equal('invalid_value')
    expect(await refusal(create('Faro', 'Europe/Faro'))).to.equal('invalid_value')
    expect(await listLocations(db(), organizationId)).to.have.length(2)
  })

  it('change what the days of records mean, where their time zone changes', async () => {
    const { id } = await create('Lisbon')
    const directoryId = await addPullDirectory(organizationId)
    const readRules = async (): Promise<number> =>
      (await readPullDirectory(db(), organizationId, directoryId)).rulesVersion
    await changeLocation(db(), organizationId, id, { name: 'Lisboa' })
    expect(await readRules()).to.equal(1)
    await changeLocation(db(), organizationId, id, { timeZone: 'Europe/Lisbon' })
    expect(await readRules()).to.equal(2)
  })

  it('are of one organization', async () => {
    const { id } = await create('Lisbon')
    const { organizationId: other } = await createTenant()
    expect(await listLocations(db(), other)).to.deep.equal([])
    expect(await refusal(changeLocation(db(), other, id, {}))).to.equal('not_found')
  })

  it('are made where they are missing, once, whoever makes them at the same time', async () => {
    const { id } = await create('Lisbon')
    const ensure = (names: readonly string[]): ReturnType<typeof ensureLocations> =>
      transaction(db(), (tx) => ensureLocations(tx, organizationId, names, clock.now()))
    const names = ['lisbon', 'Porto', 'Faro', ' faro']
    const [one, two] = await Promise.all([ensure(names), ensure(names.toReversed())])
    expect(one.get('lisbon')?.id).to.equal(id)
    expect(one.get('porto')?.id).to.equal(two.get('porto')?.id)
    expect((await listLocations(db(), organizationId)).map(({ name }) => name.toLowerCase())).to.deep.equal([
      'faro',
      'lisbon',
      'porto',
    ])
  })
})
