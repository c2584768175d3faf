// Points in time as xsd:dateTime writes them (RFC 7643 section 2.3.5), as far as PostgreSQL can tell them apart: from the year
// 1 to 9999, at most 14 hours from UTC, with at most 30 decimals.
const pattern =
  /^(?!0000)(\d{4}-(?:0[1-9]|1[0-2])-(\d\d))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,30})?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?$/

/** Whether a text is a date with a time. Date.parse takes 30 February for 2 March, hence the second look at the day. */
export function isDateTime(text: string): boolean {
  const [, date, day] = pattern.exec(text) ?? []
  if (date === undefined) return false
  const midnight = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().slice(8, 10) === day
}
