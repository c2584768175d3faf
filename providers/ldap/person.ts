// A person out of an entry: which accounts are people, and what an account says of whether it may be used.
import { type Json, type JsonObject, ProviderError } from '../provider.ts'
import { type LdapEntry, readFirst, readValues } from './entry.ts'
import { accountStatus, lastDay, mappedFields } from './mapping.ts'

/** Attributes that tell whether an account is a person's. */
export const personAttributes = ['sAMAccountName', 'isCriticalSystemObject', 'msExchRecipientTypeDetails'] as const

/** ADS_UF_ACCOUNTDISABLE. */
const disabled = 0x2

// Shared mailboxes, rooms and equipment, here and in Exchange Online.
const mailboxesOfNobody = new Set(['4', '16', '32', '34359738368', '8589934592', '17179869184'])

/** Whether an account is somebody's, and not the system's, a machine's, or that of a room or a shared mailbox. */
export function isPerson(entry: LdapEntry): boolean {
  if (readFirst(entry, 'isCriticalSystemObject')?.toUpperCase() === 'TRUE') return false
  // Machines, services that Windows manages, and trusts between domains.
  if (readFirst(entry, 'sAMAccountName')?.endsWith('$') === true) return false
  return !mailboxesOfNobody.has(readFirst(entry, 'msExchRecipientTypeDetails') ?? '')
}

function readControl(entry: LdapEntry): number | undefined {
  const text = readFirst(entry, 'userAccountControl')
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}

const statusAttributes = ['userAccountControl', 'nsAccountLock', 'pwdAccountLockedTime'] as const

/** What to ask for so that some fields can be read; names that can be none of an attribute are left out. */
export function listAttributes(fields: readonly string[]): string[] {
  const names = fields.flatMap((field) => {
    if (field === accountStatus) return statusAttributes
    if (field === lastDay) return ['accountExpires']
    return /^[a-z][a-z0-9-]*(;[a-z0-9-]+)*$/i.test(field) ? [field] : []
  })
  return [...new Set(names)]
}

// Of several values the first one: our mapping wants one, and an LDAP server does not say which attributes have one only.
const singleAttributes = new Set(mappedFields.map((field) => field.toLowerCase()))

export interface PersonReading {
  readonly fields: readonly string[]
  readonly isActiveDirectory: boolean
  readonly readDay: DayReader
}

/** The fields of a person: those that the entry has. */
export function readFields(entry: LdapEntry, { fields, isActiveDirectory, readDay }: PersonReading): JsonObject {
  const values: JsonObject = {}
  for (const field of fields) {
    const value =
      field === accountStatus
        ? readStatus(entry, isActiveDirectory)
        : field === lastDay
          ? readLastDay(entry, readDay)
          : readField(entry, field)
    if (value !== undefined) values[field] = value
  }
  return values
}

function readField(entry: LdapEntry, field: string): Json | undefined {
  const values = readValues(entry, field)
  return values.length > 1 && !singleAttributes.has(field.toLowerCase()) ? values : values[0]
}

// Where a domain controller does not show it, an account that is disabled must not be taken for one that is not.
function readStatus(entry: LdapEntry, isActiveDirectory: boolean): string | undefined {
  const control = readControl(entry)
  if (control !== undefined) return (control & disabled) === 0 ? 'active' : 'suspended'
  if (isActiveDirectory) return undefined
  const isLocked = readFirst(entry, 'nsAccountLock')?.toUpperCase() === 'TRUE'
  // As opposed to a time, which is when too many wrong passwords were tried.
  return isLocked || readFirst(entry, 'pwdAccountLockedTime') === '000001010000Z' ? 'suspended' : 'active'
}

/** An instant → the day on which it is, YYYY-MM-DD. */
export type DayReader = (instant: Date) => string

/** Throws ProviderError `settings` for a time zone that there is not. */
export function createDayReader(timeZone: string): DayReader {
  try {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    return (instant) => format.format(instant)
  } catch {
    throw new ProviderError('settings', `${timeZone} is no time zone. Write one such as Europe/Berlin.`)
  }
}

const never = new Set(['0', '9223372036854775807'])
/** 1601, from which FILETIME counts tenths of microseconds, in milliseconds. */
const filetimeEpochMs = 11_644_473_600_000n

// An account that is said to expire at the end of a day does so when the next one begins.
function readLastDay(entry: LdapEntry, readDay: DayReader): Json | undefined {
  const expires = readFirst(entry, 'accountExpires')
  if (expires === undefined || !/^\d{1,19}$/.test(expires)) return undefined
  if (never.has(expires)) return null
  const day = readDay(new Date(Number((BigInt(expires) - 1n) / 10_000n - filetimeEpochMs)))
  return /^\d{4}-/.test(day) ? day : null
}
