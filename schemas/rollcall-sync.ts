// A run that pulls from a source: what a client asks for, and what becomes of it.
import SCIMMY from 'scimmy'

const { Attribute, SchemaDefinition } = SCIMMY.Types

const readOnly = { mutable: false, direction: 'out' } as const
const attribute = (
  type: 'string' | 'integer' | 'dateTime',
  name: string,
  description: string,
): InstanceType<typeof Attribute> => new Attribute(type, name, { ...readOnly, description })

export const rollcallSync = new SchemaDefinition(
  'RollcallSync',
  'urn:ietf:params:scim:schemas:rollcall:2.0:Sync',
  'A run that pulls people and groups from a source',
  [
    new Attribute('string', 'source', {
      mutable: 'immutable',
      required: true,
      caseExact: true,
      description: 'The provider of the directory that is pulled.',
    }),
    new Attribute('string', 'syncType', {
      mutable: 'immutable',
      canonicalValues: ['full', 'incremental', 'manual'],
      description: 'Everything, or what has changed since the last run (the default); manual is everything, too.',
    }),
    new Attribute('boolean', 'includeGroups', {
      mutable: 'immutable',
      description: 'Whether groups are pulled, too; true unless said otherwise.',
    }),
    new Attribute('string', 'status', {
      ...readOnly,
      canonicalValues: ['queued', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled'],
      description: 'What has become of the run.',
    }),
    attribute('dateTime', 'queuedAt', 'When the run was asked for.'),
    attribute('dateTime', 'startedAt', 'When it began.'),
    attribute('dateTime', 'completedAt', 'When it ended.'),
    attribute('integer', 'durationMs', 'How long it took, in milliseconds.'),
    attribute('integer', 'estimatedDurationMs', 'How long earlier runs of its kind took, in milliseconds.'),
    new Attribute('complex', 'stats', { ...readOnly, description: 'What the run did.' }, [
      attribute('integer', 'usersCreated', 'People who were created.'),
      attribute('integer', 'usersUpdated', 'People who were changed.'),
      attribute('integer', 'usersDisabled', 'People who were made inactive.'),
      attribute('integer', 'usersDeleted', 'People who were deleted.'),
      attribute('integer', 'usersSkipped', 'People who had not changed.'),
      attribute('integer', 'usersErrors', 'People who could not be taken over.'),
      attribute('integer', 'groupsCreated', 'Groups that were created.'),
      attribute('integer', 'groupsUpdated', 'Groups that were changed.'),
      attribute('integer', 'groupsDeleted', 'Groups that were deleted.'),
      attribute('integer', 'groupsSkipped', 'Groups that had not changed.'),
      attribute('integer', 'groupsErrors', 'Groups that could not be taken over.'),
      attribute('integer', 'membershipsAdded', 'Members who came into groups.'),
      attribute('integer', 'membershipsRemoved', 'Members who left groups.'),
      attribute('integer', 'totalProcessed', 'All people and groups that were looked at.'),
    ]),
    new Attribute('complex', 'errors', { ...readOnly, multiValued: true, description: 'What went wrong.' }, [
      attribute('string', 'code', 'What kind of error it is.'),
      attribute('string', 'message', 'What went wrong, in a sentence.'),
      attribute('string', 'recordId', 'What the source calls the record.'),
    ]),
    attribute('string', 'nextSyncToken', 'Where the next incremental run goes on, as the source says it.'),
  ],
)
