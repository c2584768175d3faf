// How a condition asks the resources of a type of one's own: by columns what every resource has, by the key index what is
// compared with eq, and otherwise the JSON itself.
import type { Parameters } from '../db/query.ts'
import { compareCommon, compareExternalId, orderCommon, presentCommon } from './common-attributes.ts'
import { type AttributePath, type Comparison, type Condition, pathKey, type Value } from './condition.ts'
import { type AttributeSource, conditionSql } from './condition-sql.ts'
import { listRequiredKeys } from './resource-keys.ts'

/** The attributes of a resource type, which has its name and endpoint in what every resource has. */
export function resourceAttributes(typeName: string, endpoint: string): AttributeSource {
  function compareColumn(
    path: AttributePath,
    comparison: Comparison,
    value: Value,
    to: Parameters,
  ): string | undefined {
    if (pathKey(path) === 'externalId') return compareExternalId(path, comparison, value, to)
    return compareCommon(typeName, endpoint, path, comparison, value, to)
  }
  const columns: AttributeSource = {
    compare: compareColumn,
    present: (path) => (pathKey(path) === 'externalId' ? '(u.external_id is not null)' : presentCommon(path)),
    some: () => undefined,
    order: (path) => (pathKey(path) === 'externalId' ? 'u.external_id' : orderCommon(typeName, path)),
  }
  // The index finds the few with the value; the whole condition is then asked of them.
  function narrow(condition: Condition, keys: readonly string[], parameters: Parameters): string | undefined {
    if (keys.length === 0) return undefined
    const required = keys.map((key) => parameters.add(key)).join(', ')
    return `(u.keys @> array[${required}]::text[] and ${conditionSql(condition, columns, parameters)})`
  }
  return {
    ...columns,
    compare(path, comparison, value, parameters) {
      const condition: Condition = { kind: 'compare', path, comparison, value }
      return (
        compareColumn(path, comparison, value, parameters) ?? narrow(condition, listRequiredKeys(condition), parameters)
      )
    },
    some: (path, of, parameters) => narrow({ kind: 'some', path, of }, listRequiredKeys(of), parameters),
  }
}
