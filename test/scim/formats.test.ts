// What a strict directory holds the text of attributes to, and others have stored as they sent it.
import { expect } from 'chai'
import type { Note } from '../../server/scim/notes.ts'
import { createTenant, getApp, type Tenant } from '../support/app.ts'
import { createStrictTenant, createTenantWith, customSchema, expectError, user } from '../support/protocol.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, groupSchema } from '../support/scim-client.ts'

const certificate =
  'MIIBZjCCAQ2gAwIBAgIUEUsG9/8fMJuizhQwoEorpSxXtkYwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjIxOTI3MjdaFw0zNjExMTkxOTI3MjdaMAwxCjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASRvHmthnEwil4z725LdDr10qhhillLTxnb+hVjjUXwW20Y1oAhfTVsDgP4/wc9qTax9W6D++NaGc/Cdg6EURcWo00wSzAdBgNVHQ4EFgQUamd2pztQ+HW45k/dm9GZyfgxIm4wHwYDVR0jBBgwFoAUamd2pztQ+HW45k/dm9GZyfgxIm4wCQYDVR0TBAIwADAKBggqhkjOPQQDAgNHADBEAiApLRE9NFarJy1GhY11zOmjTexQC3YrGUdxwJ9mN0anDAIgW/bcmeW/td3poKaiZPI+tJEx+l2h7r2pKQqh+yS+E9Q='
const chain = Buffer.concat([Buffer.from(certificate, 'base64'), Buffer.from(certificate, 'base64')]).toString('base64')
const pem = Buffer.from(`-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`).toString('base64')

interface Case {
  readonly id: string
  readonly path: string
  readonly good: readonly string[]
  readonly bad: readonly string[]
}

const cases: readonly Case[] = [
  {
    id: '7643-4.1-07',
    path: 'locale',
    good: ['en-US', 'en_US', 'nb', 'zh-Hant-TW', 'x-garden'],
    bad: ['en US', 'en-US ', 'English (US)', 'e', '-'],
  },
  {
    id: '7643-4.1-07',
    path: 'preferredLanguage',
    good: ['nb-NO', 'da, en-GB;q=0.8, en;q=0.7', '*'],
    bad: ['en US', 'en;q=2', 'en,', 'en; quality=1'],
  },
  {
    id: '7643-4.1-08',
    path: 'timezone',
    good: ['Europe/Oslo', 'US/Pacific', 'UTC', 'Etc/GMT+5', 'asia/kolkata'],
    bad: ['Mars/Base', 'Pacific Standard Time', '+01:00', 'Oslo'],
  },
  {
    id: '7643-4.1-14',
    path: 'emails.value',
    good: ['mira@LARKSPUR.EXAMPLE', "o'mira+hr@x", '"mira okafor"@x.example', 'mira@[192.0.2.1]', 'å@ø.example'],
    bad: [
      'mira',
      'mira@',
      '@x.example',
      'mira okafor@x.example',
      'a@b@c',
      'a@x..example',
      `${'a'.repeat(65)}@x.example`,
    ],
  },
  {
    id: '7643-4.1-17',
    path: 'photos.value',
    good: ['https://x.example/mira.jpg?size=2', 'http://x/1'],
    bad: ['mira.jpg', '//x.example/mira.jpg', 'https://', 'https://x.example/my photo.jpg'],
  },
  {
    id: '7643-4.1-06',
    path: 'profileUrl',
    good: ['https://x.example/~mira#top'],
    bad: ['../people/mira', 'x.example/mira', 'http://[bad'],
  },
  {
    id: '7643-4.1-18',
    path: 'addresses.country',
    good: ['NO', 'us', 'GB'],
    bad: ['Norway', 'NOR', 'ZZ', '47', 'QX'],
  },
  {
    id: '7643-4.1-24',
    path: 'x509Certificates.value',
    good: [certificate, certificate.replace(/=+$/, '')],
    bad: ['AQIDBA==', chain, pem, certificate.slice(0, 100)],
  },
]

function place(path: string, value: string): Body {
  const [name = '', sub] = path.split('.')
  return { [name]: sub === undefined ? value : [{ [sub]: value }] }
}

describe('the formats of attributes', () => {
  let strict: Tenant
  let forgiving: Tenant
  before(async () => {
    strict = await createStrictTenant()
    forgiving = await createTenant()
  })
  let count = 0
  const name = (): Body => ({ userName: `user${count++}` })

  async function readNotes(): Promise<string[]> {
    await (await getApp()).app.requestLog.flush()
    const { notes } = await testDatabase()
      .selectFrom('request_log')
      .select('notes')
      .where('org_id', '=', forgiving.organizationId)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    return (notes as unknown as Note[]).map(({ path, note }) => `${path}: ${note}`)
  }

  for (const { id, path, good, bad } of cases) {
    it(`${id} strictly refuses another ${path}, and says what it must be`, async () => {
      const { scim } = strict
      const { body: mira } = await scim.post('/Users', user(name()))
      for (const value of bad) {
        const attributes = place(path, value)
        for (const reply of [
          await scim.post('/Users', user({ ...name(), ...attributes })),
          await scim.put(`/Users/${mira['id']}`, user({ userName: mira['userName'], ...attributes })),
          await scim.patch(`/Users/${mira['id']}`, [{ op: 'add', value: attributes }]),
        ]) {
          expectError(reply, 400, 'invalidValue')
          expect(reply.body['detail']).to.match(new RegExp(`^${path} must be .`))
        }
      }
      expect((await scim.get(`/Users/${mira['id']}`)).body).to.deep.equal(mira)
      for (const value of good) {
        const reply = await scim.post('/Users', user({ ...name(), ...place(path, value) }))
        expect([reply.status, reply.text]).to.deep.equal([201, reply.text])
        expect(reply.body).to.deep.include(place(path, value))
      }
    })

    it(`keeps any ${path} as it was sent where the directory is not strict, and notes it`, async () => {
      const { scim } = forgiving
      for (const value of bad) {
        const reply = await scim.post('/Users', user({ ...name(), ...place(path, value) }))
        expect(reply.status, reply.text).to.equal(201)
        expect((await scim.get(`/Users/${reply.body['id']}`)).body).to.deep.include(place(path, value))
        expect((await readNotes()).join()).to.match(new RegExp(`^${path}: not .*: stored as sent$`))
      }
      await scim.post('/Users', user({ ...name(), ...place(path, good[0] ?? '') }))
      expect(await readNotes()).to.deep.equal([])
    })
  }

  it('are those of the attributes of people, and of no others that have the same name', async () => {
    const own = await createTenantWith({ name: 'locale', type: 'string' }, { name: 'timezone', type: 'string' })
    await testDatabase().updateTable('directories').set({ strict: true }).where('id', '=', own.directoryId).execute()
    const sent = { [customSchema]: { locale: 'the north', timezone: 'summer' } }
    const reply = await own.scim.post(
      '/Users',
      user({ ...name(), schemas: [user()['schemas'][0], customSchema], ...sent }),
    )
    expect(reply.status, reply.text).to.equal(201)
    expect(reply.body).to.deep.include(sent)
    const group = { schemas: [groupSchema], displayName: 'A group@nowhere' }
    expect((await own.scim.post('/Groups', group)).status).to.equal(201)
  })
})
