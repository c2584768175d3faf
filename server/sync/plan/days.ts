// Days by the calendar of a place. A day is YYYY-MM-DD.

export interface Calendar {
  readonly today: string
  /** When a day begins there: midnight, or the first moment after it where clocks skip midnight. */
  startOf(day: string): Date
}

/** The calendar of a time zone, an IANA name; what is no time zone is UTC. */
export function createCalendar(timeZone: string, now: Date): Calendar {
  const format = createFormat(timeZone)
  const starts = new Map<string, Date>()
  return {
    today: writeDay(format, now),
    startOf: (day) => {
      const known = starts.get(day)
      if (known !== undefined) return known
      const start = findStart(format, day)
      starts.set(day, start)
      return start
    },
  }
}

/** The day after. */
export function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  try {
    return new Intl.DateTimeFormat('en-CA', { ...parts, timeZone, calendar: 'gregory', numberingSystem: 'latn' })
  } catch {
    return new Intl.DateTimeFormat('en-CA', { ...parts, timeZone: 'UTC', calendar: 'gregory', numberingSystem: 'latn' })
  }
}

function writeDay(format: Intl.DateTimeFormat, at: Date): string {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return `${(parts.get('year') ?? '').padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`
}

const minute = 60_000
// No place is further from UTC, and none is off by parts of a minute.
const furthest = 18 * 60

// The first minute whose day is this or a later one: where clocks go back at midnight the day has not begun until they are there again.
function findStart(format: Intl.DateTimeFormat, day: string): Date {
  const middle = Date.parse(`${day}T00:00:00Z`)
  let [before, after] = [-furthest, furthest]
  while (after - before > 1) {
    const at = Math.floor((before + after) / 2)
    if (writeDay(format, new Date(middle + at * minute)) >= day) after = at
    else before = at
  }
  return new Date(middle + after * minute)
}
