// Lifecycle statuses (https://help.hibob.com, "Lifecycle statuses"). Customers may add leaves of their own.
import type { employmentStatuses } from '../provider.ts'

export type EmploymentStatus = (typeof employmentStatuses)[number]

const statuses: Readonly<Record<string, EmploymentStatus>> = {
  hired: 'pending',
  employed: 'active',
  'garden leave': 'suspended',
  terminated: 'terminated',
}

/** What a status means, in any case and with any separators; undefined for one that nobody knows. */
export function readLifecycle(status: string): EmploymentStatus | undefined {
  const name = status
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim()
  return statuses[name] ?? (/\bleave\b/.test(name) ? 'on_leave' : undefined)
}
