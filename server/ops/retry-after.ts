// How long somebody who was asked wants to be left alone.

/** Seconds or a date, in any of the forms that RFC 9110 sections 10.2.3 and 5.6.7 have → milliseconds from `at`; undefined for neither. */
export function readRetryAfter(text: string | undefined, at: Date): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const until = readDate(text)
  return Number.isNaN(until) ? undefined : Math.max(0, until - at.getTime())
}

// The form of asctime says no zone and means GMT; the others say it.
function readDate(text: string): number {
  if (text.endsWith(' GMT')) return Date.parse(text)
  return /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/.test(text) ? Date.parse(`${text} GMT`) : NaN
}
