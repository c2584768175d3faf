// Balances of time off.
import type { Json, Scope, SourceRecord } from '../provider.ts'
import { readId, type WorkdayApi } from './api.ts'
import type { Moment } from './envelope.ts'
import { find, findAll, readAttribute, readContent } from './xml.ts'

/** The records with their balances, where these are wanted and may be read; of those who do not work there they are none. */
export type AddBalances = (
  records: readonly SourceRecord[],
  employed: ReadonlySet<string>,
) => Promise<readonly SourceRecord[]>

const field = 'leaveBalances'

/**
 * For one pull. Where everybody is read, all balances are asked for at once, with the first records; otherwise those of one worker after
 * the other.
 */
export function createBalanceReader(api: WorkdayApi, scope: Scope, moment: Moment, isEverybody: boolean): AddBalances {
  if (!scope.fields.includes(field)) return (records) => Promise.resolve(records)
  let all: ReturnType<WorkdayApi['readBalances']> | undefined

  async function readOf(id: string): Promise<Json[] | undefined> {
    const balances = await (isEverybody ? (all ??= api.readBalances(moment)) : api.readBalances(moment, id))
    return balances && (balances.get(id) ?? []).flatMap(readBalance)
  }

  return async (records, employed) => {
    const added = await Promise.all(
      records.map(async (record) => {
        const balances = employed.has(record.id) ? await readOf(record.id) : []
        return balances && { ...record, fields: { ...record.fields, [field]: balances } }
      }),
    )
    // What may not be read of one is not said of others either.
    return added.every((record) => record !== undefined) ? added : records
  }
}

// Of who has several positions the balances are added up. As of which day is left out: it is that of the pull, and would make a change of
// everybody each day.
function readBalance(record: Json): Json[] {
  const plan = find(record, 'Time_Off_Plan_Reference')
  const type = readAttribute(plan, 'Descriptor') ?? readId(plan, 'Absence_Plan_ID')
  const amounts = findAll(record, 'Time_Off_Plan_Balance_Position_Record/Time_Off_Plan_Balance').map(readContent)
  const value = amounts.reduce((sum, amount) => sum + Number(amount ?? Number.NaN), 0)
  if (type === undefined || amounts.length === 0 || !Number.isFinite(value)) return []
  const unit = find(record, 'Unit_of_Time_Reference')
  const called = (readAttribute(unit, 'Descriptor') ?? readId(unit, 'Unit_of_Time_ID'))?.toLowerCase()
  return [{ type, value, ...(called !== undefined && { unit: called }) }]
}
