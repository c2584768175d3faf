// Days and moments as OData version 2 writes them.

/** What has no end lasts until then. */
export const openEnd = '9999-12-31'

export function writeDay(day: string | null): string | null {
  return day === null ? null : `/Date(${Date.parse(day)})/`
}

export function writeMoment(date: Date): string {
  return `/Date(${date.getTime()}+0000)/`
}
