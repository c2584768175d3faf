// What the settings of a directory may be, in JSON Schema, and what that cannot say.
import { CronExpressionParser } from 'cron-parser'
import type { JsonObject } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'
import {
  deactivationTimings,
  defaultSettings,
  deletionTimings,
  orphanPolicies,
  readSettings,
  type SyncSettings,
} from './settings.ts'
import { requireTimeZone, timeZoneSchema } from './time-zone.ts'

const flag = (description: string, example: boolean) => ({ type: 'boolean', description, examples: [example] }) as const

const text = { type: 'string', minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*\\S[^\\u0000]*$' } as const

const scheduleSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['kind'],
  description: 'When runs begin by themselves.',
  examples: [defaultSettings.schedule],
  properties: {
    kind: {
      enum: ['disabled', 'daily', 'interval', 'cron'],
      description: '`disabled`: only when somebody asks for one; `interval` counts from the first run.',
    },
    at: {
      type: 'string',
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
      description: 'Of `daily`: HH:MM, between 00:00 and 23:59.',
      examples: ['02:00'],
    },
    minutes: { type: 'integer', minimum: 5, maximum: 44_640, description: 'Of `interval`: how often.', examples: [30] },
    expression: {
      type: 'string',
      maxLength: 200,
      description:
        'Of `cron`: minute, hour, day of the month, month, day of the week; not more often than every five minutes.',
      examples: ['0 6 * * 1-5'],
    },
    timeZone: {
      ...timeZoneSchema,
      description: 'Of `daily` and `cron`: where the times are; the time zone of the organization where left out.',
    },
  },
}

// What goes with each kind.
const scheduleMembers: Readonly<Record<SyncSettings['schedule']['kind'], readonly string[]>> = {
  disabled: [],
  daily: ['at'],
  interval: ['minutes'],
  cron: ['expression'],
}

const massChangeGuard = {
  type: 'object',
  additionalProperties: false,
  description: 'How many people a run may deactivate or delete; one that would do more waits for approval.',
  properties: {
    share: {
      type: ['number', 'null'],
      minimum: 0,
      maximum: 1,
      description: 'Of the active people of the directory; null for no limit.',
      examples: [0.2],
    },
    number: { type: ['integer', 'null'], minimum: 0, description: 'Of people; null for no limit.', examples: [10] },
  },
}

/** A JSON Schema. */
export type SettingSchema = Readonly<Record<string, unknown>>

/** Each setting with its default. */
export const settingSchemas = withDefaults({
  autoAssignLocations: flag(
    'Whether people are linked to the location of the organization that has the name the source gives; it is made where it is missing.',
    false,
  ),
  deactivationTiming: {
    enum: deactivationTimings,
    description: `When somebody whose employment ends becomes inactive: after their last day, as soon as the end is known, or never.`,
  },
  deletionTiming: {
    enum: deletionTimings,
    description: 'Whether runs delete people at all; with `never` they make them inactive instead.',
  },
  groupFilter: {
    type: 'array',
    maxItems: 500,
    uniqueItems: true,
    items: text,
    description:
      'Names of groups at the source, or what it calls them. Where there are any, only their members are imported.',
    examples: [['Engineering']],
  },
  usernameAttribute: {
    ...text,
    description: 'Where userName comes from: `workEmail`, or a SCIM attribute that is mapped.',
    examples: ['workEmail'],
  },
  syncGroups: flag('Whether groups and their members are imported.', true),
  preserveGroups: flag(
    'Whether groups that were imported stay as they are once `syncGroups` is off; otherwise the next run removes them.',
    false,
  ),
  removeLocalGroups: flag('Whether people are taken out of groups that they were put in by hand.', false),
  removeOtherDirectoryGroups: flag('Whether people are taken out of groups that another directory brought.', false),
  pageSize: {
    type: 'integer',
    minimum: 1,
    maximum: 100,
    description: 'How many records are asked for at once.',
    examples: [100],
  },
  activateUsers: flag('Whether new and restored people become active; otherwise somebody activates them.', true),
  orphanedUsers: {
    enum: orphanPolicies,
    description: 'What becomes of people whom the source no longer returns.',
  },
  schedule: scheduleSchema,
  massChangeGuard,
})

function withDefaults(schemas: Readonly<Record<keyof SyncSettings, object>>): Record<string, SettingSchema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      { ...schema, default: defaultSettings[name as keyof SyncSettings] },
    ]),
  )
}

/**
 * What is to be stored once settings are changed: null sets one back to its default, what is left out stays. Throws invalid_value for
 * what a JSON Schema cannot see.
 */
export function changeSettings(stored: JsonObject, changes: JsonObject): JsonObject {
  const { massChangeGuard: guard, ...rest } = changes
  const before = readSettings(stored).massChangeGuard
  const merged = isObject(guard) ? { massChangeGuard: { ...before, ...guard } } : { massChangeGuard: guard }
  const all = { ...stored, ...rest, ...(guard === undefined ? {} : merged) }
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined))
  checkSchedule(readSettings(kept as JsonObject).schedule)
  return kept as JsonObject
}

const leastMinutes = 5
// A cron expression can be uneven: one run at 0 and one at 1, say.
const lookedAt = 100

function checkSchedule(schedule: SyncSettings['schedule']): void {
  const needed = scheduleMembers[schedule.kind]
  const missing = needed.find((name) => !Object.hasOwn(schedule, name))
  if (missing !== undefined) throw refuseSchedule(missing, `is missing, which ${schedule.kind} needs.`)
  const taken = new Set(['kind', ...needed, ...(needed.length > 0 && schedule.kind !== 'interval' ? ['timeZone'] : [])])
  const odd = Object.keys(schedule).find((name) => !taken.has(name))
  if (odd !== undefined) throw refuseSchedule(odd, `does not go with ${schedule.kind}.`)
  if (schedule.kind !== 'daily' && schedule.kind !== 'cron') return
  const { timeZone } = schedule
  if (timeZone !== undefined) requireTimeZone(timeZone, 'settings.schedule.timeZone')
  if (schedule.kind === 'cron') checkExpression(schedule.expression)
}

function checkExpression(expression: string): void {
  const refuse = (what: string, cause?: unknown): AppError => refuseSchedule('expression', `${what}.`, cause)
  if (expression.trim().split(/\s+/).length !== 5) {
    throw refuse('must have five parts: minute, hour, day of the month, month, day of the week')
  }
  let before: number | undefined
  try {
    const times = CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(Date.UTC(2024, 0, 1)) })
    for (let count = 0; count < lookedAt; count++) {
      const time = times.next().getTime()
      if (before !== undefined && time - before < leastMinutes * 60_000) break
      before = time
      if (count === lookedAt - 1) return
    }
  } catch (error) {
    throw refuse('is no cron expression, or one that never comes', error)
  }
  throw refuse(`asks for a run more often than every ${leastMinutes} minutes`)
}

function refuseSchedule(member: string, what: string, cause?: unknown): AppError {
  const param = `settings.schedule.${member}`
  return new AppError('invalid_value', `${param} ${what}`, { cause, data: { param } })
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
