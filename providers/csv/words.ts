// What stands in cells → what we call it. A word that is not here has no value: nobody is taken for active by guessing.
import type { employmentStatuses } from '../provider.ts'

type EmploymentStatus = (typeof employmentStatuses)[number]

const words: Readonly<Record<EmploymentStatus, readonly string[]>> = {
  pending: ['pending', 'hired', 'pre-hire', 'onboarding', 'preboarding', 'not started', 'upcoming'],
  active: ['active', 'employed', 'current', 'working', 'probation', 'notice'],
  on_leave: [
    'on leave',
    'leave',
    'leave of absence',
    'parental leave',
    'maternity leave',
    'paternity leave',
    'sick leave',
    'sabbatical',
  ],
  suspended: ['suspended', 'garden leave', 'gardening leave', 'disabled', 'blocked'],
  terminated: [
    'terminated',
    'inactive',
    'left',
    'leaver',
    'former',
    'ex-employee',
    'resigned',
    'dismissed',
    'offboarded',
    'deactivated',
    'deceased',
  ],
  retired: ['retired'],
  contractor: ['contractor'],
}

const types: Readonly<Record<string, readonly string[]>> = {
  full_time: ['full time', 'fulltime', 'ft', 'permanent'],
  part_time: ['part time', 'parttime', 'pt'],
  contractor: ['contractor', 'contract', 'freelance', 'freelancer', 'external', 'consultant'],
  intern: ['intern', 'internship', 'trainee', 'apprentice', 'working student'],
  temporary: ['temporary', 'temp', 'fixed term', 'seasonal'],
}

export const statuses = spell(words)
export const employmentTypes = spell(types)
export const truths: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['true', 'yes', 'y', '1', 'active', 'enabled', 'x'].map((word) => [word, true])),
  ...Object.fromEntries(['false', 'no', 'n', '0', 'inactive', 'disabled'].map((word) => [word, false])),
}

// Each with spaces, underscores and hyphens between its words.
function spell(table: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([value, names]) =>
      names.flatMap((name) => [' ', '_', '-'].map((mark) => [name.replaceAll(/[ -]/g, mark), value])),
    ),
  )
}
