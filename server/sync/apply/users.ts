// People of a batch: created together, changed under their locks, removed one by one, all through the write path of the directory.
import { AppError } from '../../errors.ts'
import { anonymizeUser } from '../../directory/anonymize.ts'
import { nameDirectories } from '../../directory/directories.ts'
import { leaveGroups } from '../../directory/memberships.ts'
import type { Kept } from '../../directory/person.ts'
import { deleteUser, restoreDeleted } from '../../directory/user-removal.ts'
import { type LockedUser, lockUsers } from '../../directory/user-state.ts'
import { insertDrafts, prepareDrafts } from '../../directory/user-drafts.ts'
import { restateUsers } from '../../directory/user-restatements.ts'
import type { UserDraft } from '../../directory/user-writes.ts'
import type { Batch } from './batch.ts'
import type { Part } from './changes.ts'
import { type Composing, composeUser, draftUser, draftUsers, findOffices, idOf, readWord } from './resource.ts'
import type { Operation, RunChange } from '../runs/run.ts'

type Kind = 'create' | 'change' | 'restore' | 'delete' | 'anonymize' | 'none'

const kinds: Readonly<Record<Operation, Kind>> = {
  create: 'create',
  link: 'change',
  restore: 'restore',
  update: 'change',
  activate: 'change',
  deactivate: 'change',
  delete: 'delete',
  anonymize: 'anonymize',
  keep: 'none',
  skip: 'none',
  error: 'none',
}

/** Applies changes of users, in order; neighbours of a kind together. Throws as the write path does. */
export async function applyUsers(batch: Batch, { changes, contents, drafts }: Part): Promise<void> {
  if (drafts !== undefined) {
    await insertDrafts(batch.tx, batch.actor, drafts, contentSql)
    return
  }
  const offices = await findOffices(batch, changes)
  const writes = changes.filter(({ operation }) => kinds[operation] !== 'none')
  for (let from = 0; from < writes.length;) {
    const kind = kinds[writes[from]?.operation ?? 'keep']
    const end = writes.findIndex(({ operation }, at) => at > from && kinds[operation] !== kind)
    const part = writes.slice(from, end === -1 ? undefined : end)
    await appliers[kind](batch, part, { contents, offices })
    from += part.length
  }
}

type Applier = (batch: Batch, changes: readonly RunChange[], composing: Composing) => Promise<void>

const appliers: Readonly<Record<Kind, Applier>> = {
  create: createAll,
  change: changeAll,
  restore: (batch, changes, composing) => each(changes, (change) => restoreOne(batch, change, composing)),
  delete: (batch, changes) => each(changes, (change) => unlessGone(deleteUser(batch.tx, batch.actor, idOf(change)))),
  anonymize: (batch, changes) =>
    each(changes, (change) => unlessGone(anonymizeUser(batch.tx, batch.actor, idOf(change)))),
  none: async () => undefined,
}

async function each(changes: readonly RunChange[], apply: (change: RunChange) => Promise<void>): Promise<void> {
  for (const change of changes) await apply(change)
}

async function createAll(
  { tx, run, actor }: Batch,
  changes: readonly RunChange[],
  composing: Composing,
): Promise<void> {
  const drafts = await prepareDrafts(run.organizationId, draftUsers(changes, composing))
  await insertDrafts(tx, actor, drafts, contentSql)
}

const contentSql = `select p.resource from pulled_records p
      where p.org_id = $1 and p.run_id = d.place and p.type = 'user' and p.source_id = d.external_id`

// Whoever is changed twice is so one after the other.
async function changeAll(batch: Batch, changes: readonly RunChange[], composing: Composing): Promise<void> {
  let part = new Map<string, RunChange>()
  for (const change of changes) {
    const id = idOf(change)
    if (part.has(id)) {
      await changeTogether(batch, part, composing)
      part = new Map()
    }
    part.set(id, change)
  }
  await changeTogether(batch, part, composing)
}

async function changeTogether(
  batch: Batch,
  changes: ReadonlyMap<string, RunChange>,
  composing: Composing,
): Promise<void> {
  const { tx, actor } = batch
  const users = await lockUsers(tx, actor, [...changes.keys()])
  const restated = Array.from(changes, ([id, change]) => {
    const user = users.get(id)
    if (user === undefined) throw new AppError('not_found', `The user ${id} is gone.`)
    return { user, wanted: draftChange(change, user, actor.directoryId, composing) }
  })
  const kept = await restateUsers(tx, actor, restated)
  for (const [id, change] of changes) {
    const stays = kept.get(id)
    if (stays !== undefined && change.code === null) await remarkKept(batch, change, stays)
    // Who only waits, or is on leave, stays where they are.
    if (change.operation === 'deactivate' && change.code === 'ended') await leaveGroups(tx, actor, id, 'user_id', 'all')
  }
}

function draftChange(change: RunChange, user: LockedUser, directoryId: string, composing: Composing): UserDraft {
  const externalId = change.plan.record?.speaks === false ? user.externalId : (change.sourceId ?? user.externalId)
  return { resource: composeUser(change, composing, readWord(user, directoryId)), externalId }
}

async function remarkKept(batch: Batch, change: RunChange, kept: readonly Kept[]): Promise<void> {
  const names = await nameDirectories(batch.tx, batch.run.organizationId)
  const parts = kept.map(({ attribute, setBy }) => `${attribute} (set by ${names.get(setBy) ?? setBy})`)
  const detail = `Stays as it is: ${parts.join(', ')}.`
  const { position, operation } = change
  batch.remarks.push({ position, operation, code: 'kept', detail })
}

async function restoreOne(batch: Batch, change: RunChange, composing: Composing): Promise<void> {
  const { tx, actor } = batch
  const user = { ...draftUser(change, composing), createdAt: actor.at }
  if (!(await restoreDeleted(tx, actor, user))) await changeAll(batch, [change], composing)
}

// Whoever is gone already is as the run wants them.
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error
  }
}
