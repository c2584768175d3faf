// A condition as SQL over the row `u` of a resource (users or groups), where $1 is the organization. Values always travel as
// parameters; attribute names come from the schema, never from the request. What has a column is compared with the column, so
// that its index serves.
import type { Parameters } from '../db/query.ts'
import type { AttributePath, Comparison, Condition, Value } from './condition.ts'
import { isPrimary } from './condition-match.ts'

/** How a resource type answers for attributes that are not simply in its `resource` column. */
export interface AttributeSource {
  /**
   * A comparison of the whole path in SQL, or undefined where the generic way serves. It is required where every resource
   * that is found meets it: only there is it worth writing for an index.
   */
  compare(
    path: AttributePath,
    comparison: Comparison,
    value: Value,
    parameters: Parameters,
    isRequired: boolean,
  ): string | undefined
  present(path: AttributePath, parameters: Parameters): string | undefined
  /** A condition on the values of an attribute that has its own table. */
  some(path: AttributePath, of: Condition, parameters: Parameters, isRequired: boolean): string | undefined
  /** The parts of an `or`, with those that one look-up can answer put together. */
  joinAlternatives?(parts: readonly Condition[]): readonly Condition[]
  /** An expression to order by. */
  order(path: AttributePath, parameters: Parameters): string | undefined
}

/** The condition as an SQL expression that is true or false, never null. */
export function conditionSql(
  condition: Condition,
  source: AttributeSource,
  parameters: Parameters,
  isRequired = true,
): string {
  switch (condition.kind) {
    case 'and':
      return `(${condition.of.map((part) => conditionSql(part, source, parameters, isRequired)).join(' and ')})`
    case 'or': {
      const parts = source.joinAlternatives?.(condition.of) ?? condition.of
      const required = isRequired && parts.length === 1
      return `(${parts.map((part) => conditionSql(part, source, parameters, required)).join(' or ')})`
    }
    case 'not':
      return `(not ${conditionSql(condition.of, source, parameters, false)})`
    case 'constant':
      return condition.value ? 'true' : 'false'
    case 'present':
      return source.present(condition.path, parameters) ?? presentSql(condition.path)
    case 'compare': {
      const { path, comparison, value } = condition
      // `eq null` is "has no value" (decision A-05), of several values as of one.
      const present: Condition = { kind: 'present', path }
      if (value === null)
        return conditionSql(comparison === 'ne' ? present : { kind: 'not', of: present }, source, parameters)
      return (
        source.compare(path, comparison, value, parameters, isRequired) ??
        compareSql(path, comparison, value, parameters)
      )
    }
    case 'some':
      return (
        source.some(condition.path, condition.of, parameters, isRequired) ??
        someSql(condition.path, condition.of, source, parameters)
      )
  }
}

/** An expression to order by: of several values the primary one, else the first (RFC 7644 section 3.4.2.3). */
export function orderSql(path: AttributePath, source: AttributeSource, parameters: Parameters): string {
  const own = source.order(path, parameters)
  if (own !== undefined) return own
  if (!path.multiValued) return orderedText(scalarSql(path), path)
  const element = path.sub === undefined ? `e.v #>> '{}'` : `e.v ->> ${quote(path.sub)}`
  return `(select ${orderedText(element, path)} from jsonb_array_elements(${arraySql(path)}) with ordinality e(v, n)
    order by coalesce((e.v ->> 'primary')::boolean, false) desc, n limit 1)`
}

function orderedText(text: string, path: AttributePath): string {
  if (path.type === 'string' || path.type === 'reference')
    return path.caseExact ? `${text} collate "C"` : `${foldSql(text)} collate "C"`
  return typedSql(text, path)
}

/** Compares an SQL text expression, null where unassigned, as RFC 7644 section 3.4.2.2 says. Never null. */
export function compareTextSql(
  text: string,
  path: AttributePath,
  comparison: Comparison,
  value: Value,
  parameters: Parameters,
): string {
  if (comparison === 'ne') return `(not ${compareTextSql(text, path, 'eq', value, parameters)})`
  if (path.type === 'boolean') return compareBooleanSql(text, path, value, parameters)
  if (path.type === 'integer' || path.type === 'decimal' || path.type === 'dateTime') {
    const cast = path.type === 'dateTime' ? 'timestamptz' : 'numeric'
    return `coalesce(${typedSql(text, path)} ${operatorOf(comparison)} ${parameters.add(String(value))}::${cast}, false)`
  }
  // Both sides are folded by the database: it may know letters that JavaScript does not, or the other way round.
  const fold = (sql: string): string => (path.caseExact ? sql : foldSql(sql))
  const operand = fold(`${parameters.add(String(value))}::text`)
  const subject = fold(text)
  switch (comparison) {
    case 'co':
      return `coalesce(position(${operand} in ${subject}) > 0, false)`
    case 'sw':
      return `coalesce(starts_with(${subject}, ${operand}), false)`
    case 'ew':
      return `coalesce(right(${subject}, length(${operand})) = ${operand}, false)`
    case 'eq':
      return `coalesce(${subject} = ${operand}, false)`
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return `coalesce(${subject} collate "C" ${operatorOf(comparison)} ${operand}, false)`
  }
}

function compareBooleanSql(text: string, path: AttributePath, value: Value, parameters: Parameters): string {
  const missing = isPrimary(path) ? `'false'` : `''`
  return `(coalesce(${text}, ${missing}) = ${parameters.add(String(value))}::text)`
}

function compareSql(path: AttributePath, comparison: Comparison, value: Value, parameters: Parameters): string {
  if (!path.multiValued) return compareTextSql(scalarSql(path), path, comparison, value, parameters)
  return `exists (select 1 from jsonb_array_elements(${arraySql(path)}) e(v)
    where ${compareTextSql(elementSql(path), path, comparison, value, parameters)})`
}

function presentSql(path: AttributePath): string {
  if (!path.multiValued)
    return `(${containerSql(path)} ${path.sub === undefined ? '' : `-> ${quote(path.sub)}`} is not null)`
  if (path.sub === undefined) return `(${containerSql(path)} is not null)`
  return `exists (select 1 from jsonb_array_elements(${arraySql(path)}) e(v) where ${elementSql(path)} is not null)`
}

function someSql(path: AttributePath, of: Condition, source: AttributeSource, parameters: Parameters): string {
  const inner: AttributeSource = {
    ...source,
    compare: (innerPath, comparison, value) =>
      compareTextSql(elementSql(innerPath), innerPath, comparison, value, parameters),
    present: (innerPath) => `(${elementSql(innerPath)} is not null)`,
  }
  return `exists (select 1 from jsonb_array_elements(${arraySql(path)}) e(v) where ${conditionSql(of, inner, parameters)})`
}

function containerSql(path: AttributePath): string {
  const extension = path.extension === undefined ? '' : ` -> ${quote(path.extension)}`
  return `u.resource${extension} -> ${quote(path.name)}`
}

function scalarSql(path: AttributePath): string {
  return `(${containerSql(path)}${path.sub === undefined ? ` #>> '{}'` : ` ->> ${quote(path.sub)}`})`
}

function elementSql(path: AttributePath): string {
  return path.sub === undefined ? `(e.v #>> '{}')` : `(e.v ->> ${quote(path.sub)})`
}

function arraySql(path: AttributePath): string {
  const values = containerSql(path)
  return `case when jsonb_typeof(${values}) = 'array' then ${values} else '[]'::jsonb end`
}

// An attribute may have been declared with another type before: what does not look like the type is no value of it. A time
// without a zone is in UTC, whatever the zone of the session.
function typedSql(text: string, path: AttributePath): string {
  if (path.type === 'dateTime') {
    const time = `substring(${text} from '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:.*$')`
    return `regexp_replace(${time}, '(T[\\d:.]+)$', '\\1Z')::timestamptz`
  }
  if (path.type === 'integer' || path.type === 'decimal')
    return `substring(${text} from '^-?\\d+(?:\\.\\d+)?$')::numeric`
  return text
}

export function operatorOf(comparison: Comparison): string {
  const operators: Partial<Record<Comparison, string>> = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' }
  const operator = operators[comparison]
  if (operator === undefined) throw new Error(`${comparison} does not order values`)
  return operator
}

/** What foldCase does in JavaScript, whose lower case of İ is two letters wherever it runs. */
export function foldSql(text: string): string {
  return `replace(lower(replace(normalize(${text}), '\u0130', 'i\u0307')), 'ς', 'σ')`
}

/** An SQL string literal, for names that come from the schema. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
