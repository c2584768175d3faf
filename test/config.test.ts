import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import schema from '../schemas/config.json' with { type: 'json' }
import { findUnknownVariables, listSettings, readConfig } from '../server/config.ts'
import { AppError } from '../server/errors.ts'

type Environment = Readonly<Record<string, string>>

function refuse(environment: Environment): string[] {
  try {
    readConfig(environment)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config_invalid') throw error
    return error.message.split('\n')
  }
  throw new Error('these settings were not refused')
}

describe('settings', () => {
  it('have defaults', () => {
    expect(readConfig({})).to.deep.equal({
      HOST: '127.0.0.1',
      PORT: 3000,
      WORKERS: 1,
      TRUST_PROXY: false,
      DATA_DIR: './data',
      DATABASE_POOL_SIZE: 10,
      MAX_BODY_BYTES: 10_485_760,
      RATE_LIMIT_PER_SECOND: 500,
      TOMBSTONE_DAYS: 30,
      REQUEST_LOG_DAYS: 30,
      EVENT_DAYS: 30,
      SYNC_DAYS: 30,
      LOG_LEVEL: 'info',
    })
  })

  it('are read from the environment, and nothing else is', () => {
    const config = readConfig({
      HOST: '::',
      PORT: '0',
      WORKERS: '16',
      PUBLIC_URL: 'https://directory.example.com',
      TRUST_PROXY: 'true',
      DATABASE_URL: 'postgresql://rollcall:p%40ss@db.example:5433/rollcall?sslmode=require',
      ROLLCALL_SCIM_TOKEN: 'a-token-of-the-operator',
      LOG_LEVEL: 'debug',
      PATH: '/bin',
    })
    expect(config).to.include({
      HOST: '::',
      PORT: 0,
      WORKERS: 16,
      TRUST_PROXY: true,
      LOG_LEVEL: 'debug',
      PUBLIC_URL: 'https://directory.example.com',
    })
    expect(config).not.to.have.property('PATH')
    expect(Object.isFrozen(config)).to.equal(true)
  })

  it('take an empty variable for one that is not set', () => {
    const empty = Object.fromEntries(Object.keys(schema.properties).map((name) => [name, '']))
    expect(readConfig(empty)).to.deep.equal(readConfig({}))
    expect(readConfig({ ROLLCALL_SCIM_TOKEN_FILE: '' })).to.deep.equal(readConfig({}))
  })

  it('name all mistakes at once, with what is wanted and never with the value', () => {
    const mistakes = refuse({
      PORT: '70000',
      TRUST_PROXY: 'perhaps',
      DATABASE_URL: 'mysql://root:hunter2@db',
      ROLLCALL_SCIM_TOKEN: 'hunter2',
      ROLLCALL_ADMIN_TOKEN: 'hunter2 with spaces in it',
      ROLLCALL_ADMIN_TOKEN_FILE: '',
      MAX_BODY_BYTES: '1 MB',
      TOMBSTONE_DAYS: '-1',
      LOG_LEVEL: 'loud',
      PUBLIC_URL: 'https://x.example/scim',
    })
    expect(mistakes.map((mistake) => mistake.split(' ')[0])).to.have.members([
      'PORT',
      'TRUST_PROXY',
      'DATABASE_URL',
      'ROLLCALL_SCIM_TOKEN',
      'ROLLCALL_ADMIN_TOKEN',
      'MAX_BODY_BYTES',
      'TOMBSTONE_DAYS',
      'LOG_LEVEL',
      'PUBLIC_URL',
    ])
    expect(mistakes.join()).not.to.contain('hunter2')
    expect(mistakes.find((mistake) => mistake.startsWith('PORT')))
      .to.contain('65535')
      .and.to.contain('Port to listen on')
    expect(mistakes.find((mistake) => mistake.startsWith('LOG_LEVEL'))).to.contain('silent, error, warn, info, debug')
  })

  for (const [name, value] of [
    ['PORT', 'three thousand'],
    ['PORT', '80.5'],
    ['PORT', '-1'],
    ['WORKERS', '0'],
    ['WORKERS', '1.5'],
    ['WORKERS', '10'],
    ['TRUST_PROXY', 'yes'],
    ['DATABASE_POOL_SIZE', '1'],
    ['DATABASE_URL', 'db.example/rollcall'],
    ['DATABASE_URL', 'postgres://user:hunter2@db.example:port/rollcall'],
    ['PUBLIC_URL', 'directory.example.com'],
    ['PUBLIC_URL', 'https://directory.example.com/'],
    ['PUBLIC_URL', 'https://directory example'],
    ['RATE_LIMIT_PER_SECOND', '0'],
    ['ROLLCALL_SCIM_TOKEN', 'short'],
    ['ROLLCALL_ADMIN_TOKEN', 'x'.repeat(501)],
  ] as const) {
    it(`are refused: ${name}=${value}`, () => {
      const mistakes = refuse({ [name]: value })
      expect(mistakes).to.have.length(1)
      expect(mistakes[0]?.startsWith(`${name} `)).to.equal(true)
      expect(mistakes[0]).not.to.contain('hunter2')
    })
  }

  describe('from files', () => {
    let folder: string
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'rollcall-config-'))
      await writeFile(path.join(folder, 'token'), 'a-token-from-a-file\n')
      await writeFile(path.join(folder, 'short'), 'hunter2\n')
      await writeFile(path.join(folder, 'empty'), '\n')
    })
    after(() => rm(folder, { recursive: true }))

    it('hold secrets, without the line break at the end', () => {
      const config = readConfig({ ROLLCALL_SCIM_TOKEN_FILE: path.join(folder, 'token') })
      expect(config.ROLLCALL_SCIM_TOKEN).to.equal('a-token-from-a-file')
    })

    it('are refused where they cannot be read, are empty or hold something else', () => {
      const mistakes = refuse({
        ROLLCALL_SCIM_TOKEN_FILE: path.join(folder, 'missing'),
        ROLLCALL_ADMIN_TOKEN_FILE: path.join(folder, 'short'),
        DATABASE_URL_FILE: path.join(folder, 'empty'),
      })
      expect(mistakes).to.have.length(3)
      expect(mistakes.join()).to.contain('ROLLCALL_SCIM_TOKEN_FILE').and.to.contain('missing')
      expect(mistakes.join()).to.contain('ROLLCALL_ADMIN_TOKEN').and.to.contain('DATABASE_URL')
      expect(mistakes.join()).not.to.contain('hunter2')
    })

    it('are refused beside the variable itself, for one of the two would be ignored', () => {
      const mistakes = refuse({
        ROLLCALL_SCIM_TOKEN: 'a-token-of-the-operator',
        ROLLCALL_SCIM_TOKEN_FILE: path.join(folder, 'token'),
      })
      expect(mistakes).to.deep.equal([
        'ROLLCALL_SCIM_TOKEN and ROLLCALL_SCIM_TOKEN_FILE are both set: set one of them.',
      ])
    })

    it('are for secrets alone', () => {
      expect(readConfig({ HOST_FILE: path.join(folder, 'token') }).HOST).to.equal('127.0.0.1')
    })
  })

  it('that begin with ROLLCALL_ and mean nothing are found', () => {
    const environment = { ROLLCALL_SCIM_TOKEN: 'x', ROLLCALL_SCIM_TOKEN_FILE: 'x', ROLLCALL_TOKEN: 'x', PATH: 'x' }
    expect(findUnknownVariables(environment)).to.deep.equal(['ROLLCALL_TOKEN'])
  })

  it('are listed for the README, each with a description', () => {
    const settings = listSettings()
    expect(settings.map((setting) => setting.name)).to.deep.equal(Object.keys(schema.properties))
    for (const { description } of settings) expect(description).not.to.equal('')
    expect(settings.filter((setting) => setting.secret).map((setting) => setting.name)).to.deep.equal([
      'DATABASE_URL',
      'ROLLCALL_SCIM_TOKEN',
      'ROLLCALL_ADMIN_TOKEN',
      'ENCRYPTION_KEYS',
      'SMTP_URL',
    ])
  })
})
