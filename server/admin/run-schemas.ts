// What is answered of runs.
import { component } from '../api/schema.ts'
import { purposes, stages } from '../sync/runs/run.ts'
import { runStatuses } from '../sync/runs/reports.ts'
import { statNames } from '../sync/runs/stats.ts'
import { runError } from './run-change-schemas.ts'
import { directoryId, runId, time } from './schemas.ts'

const count = (description: string, example: number) =>
  ({ type: 'integer', minimum: 0, description, examples: [example] }) as const
const orNull = (type: string, description: string, example: unknown) =>
  ({ type: [type, 'null'], description, examples: [example] }) as const

const progress = component('RunProgress', 'How far a run is.', {
  pages: count('Pages that were read.', 12),
  totalPages: orNull('integer', 'How many there will be; null where the source does not say.', 20),
  records: count('People and groups that were read.', 1200),
  planned: count('Changes that are planned, those included that are to be left alone.', 14),
  applied: count('Changes that were applied.', 6),
  recordsPerSecond: orNull('number', 'Read so far, of each second since it began; null before.', 210.5),
})

const reason = component('HoldReason', 'Why a run waits for approval.', {
  code: {
    enum: ['mass_change', 'missing_people', 'field_vanished', 'source_changed'],
    description: 'One word, for programs.',
  },
  detail: {
    type: 'string',
    description: 'A sentence: what would happen to how many, and what the limit is.',
    examples: ['50 of 120 active people would be deactivated; the limit is 24.'],
  },
})

const hold = component('RunHold', 'Why a run waits for approval, or waited, and what was decided.', {
  reasons: { type: 'array', items: reason },
  decision: { enum: ['approved', 'rejected', null], description: 'null while nobody has decided.', examples: [null] },
  decidedAt: time('When; null before.', ['string', 'null']),
  decidedBy: orNull('string', 'The token of who decided, or `operator`, or `JWT`; null before.', null),
})

const failure = component('RunFailure', 'What ended a run, or put it off.', {
  kind: {
    type: 'string',
    description: '`settings`: somebody must mend the connection; anything else passes.',
    examples: ['settings'],
  },
  message: { type: 'string', description: 'A sentence.', examples: ['HiBob refused the credentials (401).'] },
})

const members = {
  id: runId,
  directoryId,
  purpose: {
    enum: purposes,
    description:
      '`preview` changes nothing; `import` reads a file; `lifecycle` reads nothing: a day has come that changes something.',
  },
  type: { enum: ['full', 'incremental'], description: 'Whether it reads everything, or what has changed.' },
  includeGroups: { type: 'boolean', description: 'Whether groups are read, too.', examples: [true] },
  status: {
    enum: runStatuses,
    description: 'What has become of it; `completed_with_errors` did all but some records, which its errors name.',
    examples: ['completed'],
  },
  stage: { enum: stages, description: 'Where it is, or ended.' },
  queuedAt: time('When it was asked for.'),
  startedAt: time('When it began; null before.', ['string', 'null']),
  completedAt: time('When it ended; null before.', ['string', 'null']),
  estimatedDurationMs: orNull('integer', 'What earlier runs took; null where there is none.', 45_000),
  progress,
  stats: component(
    'RunStats',
    'What it did, or in a preview would do, counted.',
    Object.fromEntries(statNames.map((stat) => [stat, count(`${toWords(stat)}.`, 3)])),
  ),
  errorCount: count('Records that could not be taken, or not all of them.', 0),
  hold: { oneOf: [hold, { type: 'null' }], description: 'null where it never had to wait.', examples: [null] },
  failure: { oneOf: [failure, { type: 'null' }], description: 'null where nothing failed.', examples: [null] },
  attempts: count('How often it was put off.', 0),
  nextAttemptAt: time('When it is tried again; null where it is not.', ['string', 'null']),
}

/** A run as a line of a list. */
export const run = component('Run', 'A run.', members)

export const runDetails = component('RunDetails', 'A run, with the first of its errors.', {
  ...members,
  errors: { type: 'array', items: runError, description: 'The first 20; `…/errors` lists all.' },
})

function toWords(stat: string): string {
  const words = stat.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}
