// One value of a source → one of ours: text, a day, yes or no.
import type { Transform } from '../../../providers/provider.ts'
import type { JsonObject, JsonValue } from '../../db/tables.ts'

/** What became of a value; a fault says why nothing did, to follow the name of the attribute. */
export type Converted = { readonly value: JsonValue } | { readonly fault: string }

/** Whether a source says nothing by it. */
export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  return Array.isArray(value) && value.every(isEmpty)
}

/** Converts a value that is not empty. Lists are converted one by one; objects in a list of texts stay as they are, for the schema to check. */
export function convert(value: JsonValue, transform: Transform): Converted {
  if (Array.isArray(value)) return convertList(value, transform)
  switch (transform) {
    case 'text':
    case 'lowercase':
      if (typeof value === 'object') return { fault: `“${show(value)}” is no text` }
      return { value: transform === 'text' ? toText(value) : String(value).trim().toLowerCase() }
    case 'date':
      return convertDate(value)
    case 'boolean':
      return convertBoolean(value)
  }
}

function convertList(values: readonly JsonValue[], transform: Transform): Converted {
  const converted = values.filter((one) => !isEmpty(one)).map((one) => convertListed(one, transform))
  const fault = converted.find((one) => 'fault' in one)
  return fault ?? { value: converted.flatMap((one) => ('value' in one ? [one.value] : [])) }
}

function convertListed(value: JsonValue, transform: Transform): Converted {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && transform === 'text' ? { value } : convert(value, transform)
}

// true and false stay what they are, for attributes that are such.
function toText(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.trim()
  return typeof value === 'number' ? String(value) : value
}

const yes: ReadonlySet<string> = new Set(['yes', 'true', '1', 'active'])
const no: ReadonlySet<string> = new Set(['no', 'false', '0', 'inactive'])

function convertBoolean(value: JsonValue): Converted {
  const text = show(value).trim().toLowerCase()
  if (yes.has(text)) return { value: true }
  return no.has(text) ? { value: false } : { fault: `“${show(value)}” is neither yes nor no` }
}

function convertDate(value: JsonValue): Converted {
  if (typeof value !== 'string' && typeof value !== 'number') return { fault: `“${show(value)}” is no date` }
  const text = String(value).trim()
  if (isNever(text)) return { value: null }
  const day = readDay(text)
  return day === undefined ? { fault: `“${show(value)}” is no date that can be read without doubt` } : { value: day }
}

// What stands for "no date" in databases, and in Active Directory.
function isNever(text: string): boolean {
  return text.startsWith('0000-00-00') || text === '0' || text === '9223372036854775807'
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

// What has a time keeps the day that it is written with: moved to UTC it would be another one.
function readDay(text: string): string | undefined {
  let parts =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:$|[T ]\d|[Z+-])/.exec(text) ?? /^(\d{4})\/(\d{1,2})\/(\d{1,2})$/.exec(text)
  parts ??= /^(\d{4})(\d{2})(\d{2})(?:$|\d{6}(?:\.\d+)?Z?$)/.exec(text)
  if (parts !== null) return writeDay(parts[1], parts[2], parts[3])
  const german = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text)
  if (german !== null) return writeDay(german[3], german[2], german[1])
  return readSlashed(text) ?? readNamed(text) ?? readInstant(text)
}

// 3/4/2026 is a day in March to some and one in April to others.
function readSlashed(text: string): string | undefined {
  const parts = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(text)
  if (parts === null) return undefined
  const [, first = '', second = '', year] = parts
  if (Number(first) > 12) return writeDay(year, second, first)
  return Number(second) > 12 || Number(first) === Number(second) ? writeDay(year, first, second) : undefined
}

function readNamed(text: string): string | undefined {
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})$/i.exec(text)
  if (dayFirst !== null) return writeDay(dayFirst[3], findMonth(dayFirst[2]), dayFirst[1])
  const monthFirst = /^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$/i.exec(text)
  return monthFirst === null ? undefined : writeDay(monthFirst[3], findMonth(monthFirst[1]), monthFirst[2])
}

function findMonth(text = ''): string {
  return String(months.indexOf(text.slice(0, 3).toLowerCase()) + 1)
}

// Milliseconds since 1970, as JSON of SAP and Microsoft has them, too; Active Directory counts from 1601 in tenths of microseconds.
function readInstant(text: string): string | undefined {
  const wrapped = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(text) ?? /^(-?\d{11,13})$/.exec(text)
  if (wrapped !== null) return toDay(Number(wrapped[1]))
  const ticks = /^(\d{18})$/.exec(text)
  return ticks === null ? undefined : toDay(Number(BigInt(text) / 10_000n) - 11_644_473_600_000)
}

function toDay(milliseconds: number): string | undefined {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? undefined : checkDay(date.toISOString().slice(0, 10))
}

function writeDay(year = '', month = '', day = ''): string | undefined {
  return checkDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
}

function checkDay(day: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || day.startsWith('0000')) return undefined
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? day : undefined
}

/** A value as a message shows it. */
export function show(value: JsonValue): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 80)
}

/** Takes out what PostgreSQL stores in no text: the character 0, and halves of characters. */
export function cleanJson(value: JsonObject): JsonObject {
  return /\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value)) ? cleanObject(value) : value
}

/** The same of a text. */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}

function cleanObject(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [cleanText(name), cleanValue(one)]))
}

function cleanValue(value: JsonValue): JsonValue {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(cleanValue)
  return typeof value === 'object' && value !== null ? cleanObject(value) : value
}
