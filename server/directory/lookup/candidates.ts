// Those who may be meant, to be compared with what was typed. However many there are, few are read.
import type { Database } from '../../db/connect.ts'
import { Parameters, query } from '../../db/query.ts'
import type { Actor } from '../actor.ts'
import { prepareUserName } from '../keys.ts'
import type { EmployeeStatus } from '../org/employee.ts'
import type { Candidate } from './score.ts'
import { firstParameters, statusSql } from '../org/employee-sql.ts'

const maxCandidates = 200
// Behind every character.
const prefixEnd = '\u{10ffff}'

/** Who is looked for among whom. */
export interface Scope {
  readonly db: Database
  readonly actor: Actor
  /** undefined for any. */
  readonly status: EmployeeStatus | undefined
}

/** Those who have an address, or have it as userName. */
export async function findByAddress(scope: Scope, address: string): Promise<Candidate[]> {
  const parameters = startParameters(scope)
  const hasAddress = `(u.email_keys @> array[${parameters.add(address)}::text]
      or u.user_name_key = ${parameters.add(prepareUserName(address) ?? address)})`
  return query(scope.db, selectSql(scope, parameters, hasAddress), parameters.values)
}

/** Those whose employee number begins so. */
export async function findByNumber(scope: Scope, number: string): Promise<Candidate[]> {
  const parameters = startParameters(scope)
  const beginsSo = `u.employee_number_key >= ${parameters.add(number)} and u.employee_number_key < ${parameters.add(number + prefixEnd)}`
  const ofStatus = statusCondition(scope, parameters)
  const text = `select ${columns} from users u where u.org_id = $1 and ${beginsSo} ${ofStatus}
    order by u.org_id, u.employee_number_key limit ${maxCandidates}`
  return query(scope.db, text, parameters.values)
}

/** Those whose keys meet a tsquery, and another where there is one that no index serves. */
export async function findByKeys(scope: Scope, keys: string, filter?: string): Promise<Candidate[]> {
  const parameters = startParameters(scope)
  // Hidden from the planner: where it knows that many have the keys it believes that it soon meets enough of them without an index.
  const hasKeys = `u.word_keys @@ (select ${parameters.add(keys)}::tsquery)`
  const passes = filter === undefined ? '' : `and strip(u.word_keys) @@ ${parameters.add(filter)}::tsquery`
  return query(scope.db, selectSql(scope, parameters, `${hasKeys} ${passes}`), parameters.values)
}

const columns = `u.id, u.resource ->> 'displayName' as display_name, u.resource ->> 'nickName' as nick_name,
    u.resource -> 'name' as name, u.email_keys, u.user_name_key, u.employee_number_key`

function startParameters({ actor, status }: Scope): Parameters {
  return status === undefined ? new Parameters(actor.organizationId) : new Parameters(...firstParameters(actor))
}

// The organization is compared in a way that no index serves: few others have people with the same keys, and the planner may
// believe that reading all of the organization is as good.
function selectSql(scope: Scope, parameters: Parameters, condition: string): string {
  return `select ${columns} from users u where coalesce(u.org_id = $1, false) and ${condition} ${statusCondition(scope, parameters)}
    limit ${maxCandidates}`
}

function statusCondition({ status }: Scope, parameters: Parameters): string {
  return status === undefined ? '' : `and ${statusSql('u')} = ${parameters.add(status)}`
}
