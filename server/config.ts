// The settings: environment variables, checked against schemas/config.json, all mistakes at once. The only reader of the
// environment. A secret may come from a file: NAME_FILE names it.
import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject } from 'ajv'
import schema from '../schemas/config.json' with { type: 'json' }
import { AppError } from './errors.ts'

export interface Config {
  readonly HOST: string
  readonly PORT: number
  readonly WORKERS: number
  readonly PUBLIC_URL?: string
  readonly TRUST_PROXY: boolean
  readonly DATA_DIR: string
  readonly DATABASE_URL?: string
  readonly DATABASE_POOL_SIZE: number
  readonly ROLLCALL_SCIM_TOKEN?: string
  readonly ROLLCALL_ADMIN_TOKEN?: string
  readonly ROLLCALL_SCHEMAS_DIR?: string
  readonly MAX_BODY_BYTES: number
  readonly RATE_LIMIT_PER_SECOND: number
  readonly TOMBSTONE_DAYS: number
  readonly REQUEST_LOG_DAYS: number
  readonly EVENT_DAYS: number
  readonly SYNC_DAYS: number
  readonly ENCRYPTION_KEYS?: string
  readonly OUTGOING_ALLOW?: string
  readonly SMTP_URL?: string
  readonly MAIL_FROM?: string
  readonly LOG_LEVEL: 'silent' | 'error' | 'warn' | 'info' | 'debug'
}

type Environment = Readonly<Record<string, string | undefined>>

interface Property {
  readonly type: string
  readonly description: string
  readonly default?: string | number | boolean
  readonly secret?: boolean
}

const properties = schema.properties as unknown as Record<string, Property>

const urls = ['PUBLIC_URL', 'DATABASE_URL']

// The embedded PostgreSQL takes 100; the primary process, and commands that run beside it, need some.
const embeddedConnections = 90

/** Throws config_invalid naming every mistake. An empty variable counts as not set. */
export function readConfig(environment: Environment = process.env): Config {
  const mistakes: string[] = []
  const given: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    const value = readVariable(name, property, environment, mistakes)
    if (value !== undefined) given[name] = value
  }
  // Ajv coerces "3000" to 3000 and "true" to true, and fills the defaults in.
  const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true, verbose: false, keywords: ['secret'] })
  const valid = ajv.validate(schema, given)
  const config = Object.freeze(given) as unknown as Config
  if (valid)
    mistakes.push(
      ...urls.filter((name) => typeof given[name] === 'string' && !URL.canParse(given[name])).map(explainUrl),
      ...explainConnections(config),
    )
  else mistakes.push(...(ajv.errors ?? []).map(explain))
  if (mistakes.length > 0) throw new AppError('config_invalid', mistakes.join('\n'))
  return config
}

/** Variables that begin with ROLLCALL_ and mean nothing: most likely misspelt. */
export function findUnknownVariables(environment: Environment = process.env): string[] {
  return Object.keys(environment).filter(
    (name) => name.startsWith('ROLLCALL_') && !(name.replace(/_FILE$/, '') in properties),
  )
}

/** Every setting for the README, in its order. */
export function listSettings(): { name: string; description: string; default: string; secret: boolean }[] {
  return Object.entries(properties).map(([name, property]) => ({
    name,
    description: property.description,
    default: property.default === undefined ? '' : String(property.default),
    secret: property.secret === true,
  }))
}

function readVariable(
  name: string,
  property: Property,
  environment: Environment,
  mistakes: string[],
): string | undefined {
  const value = environment[name]
  const file = property.secret === true ? environment[`${name}_FILE`] : undefined
  const isGiven = value !== undefined && value !== ''
  if (file === undefined || file === '') return isGiven ? value : undefined
  if (isGiven) mistakes.push(`${name} and ${name}_FILE are both set: set one of them.`)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    mistakes.push(`${name}_FILE: the file ${file} cannot be read.`)
    return undefined
  }
}

// Never the value: it may be a secret.
function explain(error: ErrorObject): string {
  const name = error.instancePath.slice(1)
  const description = properties[name]?.description ?? ''
  const allowed =
    error.keyword === 'enum' ? `: ${(error.params as { allowedValues: string[] }).allowedValues.join(', ')}` : ''
  return `${name} ${error.message ?? 'is wrong'}${allowed}. (${description})`
}

function explainConnections({ WORKERS, DATABASE_POOL_SIZE, DATABASE_URL }: Config): string[] {
  const connections = WORKERS * DATABASE_POOL_SIZE
  if (WORKERS === 1 || DATABASE_URL !== undefined || connections <= embeddedConnections) return []
  const detail = `WORKERS times DATABASE_POOL_SIZE is ${connections}, and the embedded PostgreSQL has ${embeddedConnections} connections for them`
  return [`${detail}; lower one of the two, or set DATABASE_URL.`]
}

function explainUrl(name: string): string {
  return `${name} must be a URL; is its port a number, and are special characters percent-encoded? (${properties[name]?.description ?? ''})`
}
