// The time zone of an organization: what "today" is for its people, and when its schedules ask for runs.
import type { Database } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import { setTimeZone } from '../../directory/directories.ts'
import { listPullDirectories, raiseRules, setNextRun } from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import { nextRunAt } from '../runs/schedule.ts'
import { readSettings } from './settings.ts'

/** What a time zone must look like: an IANA name. Whether there is one of the name `requireTimeZone` says. */
export const timeZoneSchema = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$',
  maxLength: 60,
  description: 'A name of the IANA time zone database.',
  examples: ['Europe/Berlin'],
} as const

/** Throws invalid_value naming the parameter where there is no such time zone. */
export function requireTimeZone(name: string, param: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format()
  } catch (error) {
    const detail = `${param}: there is no time zone ${name}; use a name such as Europe/Berlin.`
    throw new AppError('invalid_value', detail, { cause: error, data: { param } })
  }
}

/** From now on; schedules without a time zone of their own go by it at once. Throws not_found, invalid_value. */
export async function changeTimeZone(db: Database, organizationId: string, timeZone: string, at: Date): Promise<void> {
  requireTimeZone(timeZone, 'timeZone')
  await transaction(db, async (tx) => {
    await setTimeZone(tx, organizationId, timeZone)
    await raiseRules(tx, organizationId)
    for (const directory of await listPullDirectories(tx, organizationId)) {
      const { schedule } = readSettings(directory.settings)
      const isOfDay = schedule.kind === 'daily' || schedule.kind === 'cron'
      if (directory.nextRunAt === null || !isOfDay || schedule.timeZone !== undefined) continue
      await setNextRun(tx, directory, nextRunAt(schedule, timeZone, at))
    }
  })
}
