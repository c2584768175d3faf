// Filters of BambooHR's datasets: comparisons, all of them or any of them, but not both kinds at once.

/** Whether a row matches, by what its fields hold. */
export type Matches = (read: (name: string) => string) => boolean

const comparison = /^\s*(\w+)\s+(eq|ne|lt|le|gt|ge)\s+(?:'((?:[^']|'')*)'|(-?\d+))\s*$/
const membership = /^\s*(\w+)\s+in\s*\(([^)]*)\)\s*$/

/** Undefined for what BambooHR answers with 422. `readType` is undefined for names that the dataset has not. */
export function readFilter(filter: string, readType: (name: string) => string | undefined): Matches | undefined {
  if (filter.trim() === '') return () => true
  const [any, all] = [filter.split(/\s+or\s+/), filter.split(/\s+and\s+/)]
  if (any.length > 1 && all.length > 1) return undefined
  const parts = (any.length > 1 ? any : all).map((part) => readPart(part, readType))
  const matches = parts.filter((part) => part !== undefined)
  if (matches.length < parts.length) return undefined
  return (read) => (any.length > 1 ? matches.some((match) => match(read)) : matches.every((match) => match(read)))
}

function readPart(part: string, readType: (name: string) => string | undefined): Matches | undefined {
  const [, listed, list] = membership.exec(part) ?? []
  if (listed !== undefined) return readMembership(listed, list ?? '', readType(listed))
  const [, name, operator, text, digits] = comparison.exec(part) ?? []
  const type = name === undefined ? undefined : readType(name)
  if (name === undefined || operator === undefined || type === undefined) return undefined
  const isOrdering = operator !== 'eq' && operator !== 'ne'
  if (isOrdering && type !== 'int' && type !== 'date') return undefined
  const value = text ?? digits ?? ''
  return (read) => {
    const order = type === 'int' ? Number(read(name)) - Number(value) : read(name).localeCompare(value)
    return (
      { eq: order === 0, ne: order !== 0, lt: order < 0, le: order <= 0, gt: order > 0, ge: order >= 0 }[operator] ??
      false
    )
  }
}

// Of several values only where they are chosen from.
function readMembership(name: string, list: string, type: string | undefined): Matches | undefined {
  const values = [...list.matchAll(/'([^']*)'/g)].map(([, value]) => value ?? '')
  if (type === undefined || values.length === 0 || (type !== 'options' && values.length > 1)) return undefined
  return (read) => values.includes(read(name))
}
