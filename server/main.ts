// The command line. Exit codes: 0 done, 1 failed, 2 used wrongly, 3 a run waits for approval, 4 settings invalid.
import { Command, InvalidArgumentError } from 'commander'
import { examine } from './commands/doctor.ts'
import type { Following } from './commands/follow-run.ts'
import { importFile } from './commands/import.ts'
import { rotateKeys } from './commands/keys.ts'
import { createLink, describeLinks, type LinkPlace, revokeLink } from './commands/links.ts'
import { loadSample } from './commands/sample.ts'
import { serve } from './commands/serve.ts'
import { withSyncServices } from './commands/sync-services.ts'
import { syncDirectory } from './commands/sync.ts'
import { createTokenByName, describeTokens, revokeTokenById } from './commands/tokens.ts'
import { readConfig } from './config.ts'
import type { Database } from './db/connect.ts'
import { translateFault } from './db/faults.ts'
import { listMigrations, migrate } from './db/migrate.ts'
import { openDatabase } from './db/open.ts'
import { defaultName, ensureDefaults } from './default-organization.ts'
import { AppError } from './errors.ts'
import type { SyncServices } from './sync/services.ts'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const program = new Command('rollcall').description('A self-hosted employee directory').exitOverride((error) => {
  process.exit(error.exitCode === 0 ? 0 : 2)
})

program
  .command('serve')
  .description('serve until SIGTERM')
  .action(() => serve(readConfig(), print))

program
  .command('migrate')
  .description('bring the database to the schema of this version')
  .option('--status', 'only say what is missing')
  .action(async ({ status }: { status?: boolean }) => {
    await withDatabaseAsItIs(async (db) => {
      if (status === true)
        for (const { name, done } of await listMigrations(db)) print(`${done ? 'done   ' : 'missing'}  ${name}`)
      else for (const name of await migrate(db)) print(`applied  ${name}`)
    })
  })

program
  .command('doctor')
  .description('look for what is wrong with this installation')
  .action(async () => {
    const findings = await examine()
    const marks = { ok: 'ok     ', warning: 'warning', broken: 'BROKEN ' }
    for (const { check, state, detail } of findings) print(`${marks[state]}  ${check.padEnd(10)}  ${detail}`)
    if (findings.some((finding) => finding.state === 'broken')) process.exitCode = 1
  })

const tokens = program.command('tokens').description('bearer tokens of directories and applications')

tokens
  .command('create')
  .description('make a token and show it once')
  .option('--organization <name>', 'the organization', defaultName)
  .option('--directory <name>', 'the directory that the token is for; without it the token is for an application')
  .option('--name <name>', 'what the token is called', 'Token')
  .option('--scopes <list>', 'read, write, hr, admin; separated by commas', 'read')
  .option('--days <number>', 'how long it lives; without it until it is revoked')
  .action((options: { organization: string; directory?: string; name: string; scopes: string; days?: string }) =>
    withDatabase(async (db) => {
      const request = { ...options, directory: options.directory, days: options.days }
      const { id, secret } = await createTokenByName(db, request, new Date())
      print(`${id}  ${secret}`)
    }),
  )

tokens
  .command('list')
  .description('list tokens, without their secrets')
  .option('--organization <name>', 'the organization', defaultName)
  .action(({ organization }: { organization: string }) =>
    withDatabase(async (db) => {
      for (const line of await describeTokens(db, organization)) print(line)
    }),
  )

tokens
  .command('revoke <id>')
  .description('end a token')
  .option('--organization <name>', 'the organization', defaultName)
  .action((id: string, { organization }: { organization: string }) =>
    withDatabase((db) => revokeTokenById(db, organization, id, new Date())),
  )

program
  .command('sync <directory>')
  .description('ask for a run of a directory that is pulled')
  .option('--organization <name>', 'the organization', defaultName)
  .option('--full', 'read everything, and find who is gone')
  .option('--preview', 'only say what would be done')
  .option('--wait', 'follow it to its end; where no server does it, do it here')
  .action((directory: string, options: { organization: string; full?: boolean; preview?: boolean; wait?: boolean }) => {
    const { organization, full, preview, wait } = options
    const wanted = { organization, directory, isFull: full === true, isPreview: preview === true, waits: wait === true }
    return withFollowing((services, following) => syncDirectory(services, wanted, following))
  })

program
  .command('import <file>')
  .description('import people from a CSV file into the manual directory')
  .option('--organization <name>', 'the organization', defaultName)
  .option('--directory <name>', 'the directory, where it is called otherwise')
  .option('--preview', 'only say what would be done')
  .option('--map <column=attribute...>', 'where columns go, over what their names suggest')
  .action((file: string, options: { organization: string; directory?: string; preview?: boolean; map?: string[] }) => {
    const { organization, directory, preview, map = [] } = options
    const wanted = { organization, directory, file, isPreview: preview === true, map }
    return withFollowing((services, following) => importFile(services, wanted, following))
  })

const links = program.command('links').description('setup links of directories')

links
  .command('create <directory>')
  .description('make a setup link and show it once')
  .option('--organization <name>', 'the organization', defaultName)
  .option('--days <number>', 'how long it lives')
  .action((directory: string, { organization, days }: { organization: string; days?: string }) =>
    withServices(async (services) => {
      const { PUBLIC_URL, PORT } = readConfig()
      print(await createLink(services, { organization, directory }, days, PUBLIC_URL ?? `http://localhost:${PORT}`))
    }),
  )

links
  .command('list <directory>')
  .description('list setup links, without their secrets')
  .option('--organization <name>', 'the organization', defaultName)
  .action((directory: string, { organization }: Pick<LinkPlace, 'organization'>) =>
    withServices(async (services) => {
      for (const line of await describeLinks(services, { organization, directory })) print(line)
    }),
  )

links
  .command('revoke <directory> <id>')
  .description('end a setup link')
  .option('--organization <name>', 'the organization', defaultName)
  .action((directory: string, id: string, { organization }: Pick<LinkPlace, 'organization'>) =>
    withServices((services) => revokeLink(services, { organization, directory }, id)),
  )

program
  .command('keys')
  .description('what secrets are sealed with')
  .command('rotate')
  .description('seal all secrets anew with the first key of ENCRYPTION_KEYS')
  .action(() => withDatabase((db) => rotateKeys(db, readConfig(), print)))

program
  .command('sample')
  .description('load a fictitious company')
  .option('--size <people>', 'how many people', readPositive, 500)
  .option('--organization <name>', 'the organization', defaultName)
  .option('--directory <name>', 'the directory', defaultName)
  .option('--seed <number>', 'which company', readPositive)
  .action((options: { size: number; organization: string; directory: string; seed?: number }) =>
    withDatabase(async (db) => {
      const { newSecret } = await ensureDefaults(db, readConfig(), new Date())
      if (newSecret !== undefined) print(`Bearer token, shown this once: ${newSecret}`)
      const { company, people, groups } = await loadSample(db, { ...options, seed: options.seed }, new Date())
      print(`Loaded ${company}: ${people} people, ${groups} groups.`)
    }),
  )

try {
  await program.parseAsync()
} catch (thrown) {
  const error = translateFault(thrown)
  const known = error instanceof AppError
  process.stderr.write(
    known
      ? `rollcall: ${error.message}\n`
      : `rollcall: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exitCode = known && error.code === 'config_invalid' ? 4 : 1
}

// Commands work beside a running server, and start the embedded database themselves where none runs.
function withDatabase(work: (db: Database) => Promise<void>): Promise<void> {
  return withDatabaseAsItIs(async (db) => {
    await migrate(db)
    await work(db)
  })
}

async function withDatabaseAsItIs(work: (db: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(readConfig(), { exclusive: false })
  try {
    await work(database.db)
  } finally {
    await database.close()
  }
}

function withServices(work: (services: SyncServices) => Promise<void>): Promise<void> {
  return withDatabase((db) => withSyncServices(readConfig(), db, work))
}

function withFollowing(work: (services: SyncServices, following: Following) => Promise<number>): Promise<void> {
  return withServices(async (services) => {
    const stopping = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
    process.exitCode = await work(services, { print, signal: stopping.signal })
  })
}

function readPositive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('must be a whole number, at least 1.')
  return number
}
