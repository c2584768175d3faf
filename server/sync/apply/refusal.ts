// What becomes of a change that the database refused: an error of the report, tried again by the next run.
import { type AppError, type ErrorCode } from '../../errors.ts'
import type { Batch } from './batch.ts'
import type { ChangeCode, RunChange } from '../runs/run.ts'

const codes: Partial<Record<ErrorCode, ChangeCode>> = {
  uniqueness: 'user_name_taken',
  invalid_value: 'invalid_value',
  conflict: 'gone',
  not_found: 'gone',
}

/** Why a change fails by itself; undefined where it is not the change's fault. */
export function codeOfRefusal(error: AppError, resourceType: RunChange['resourceType']): ChangeCode | undefined {
  if (error.code === 'uniqueness' && resourceType === 'Group') return 'display_name_taken'
  return codes[error.code]
}

/** The change as the error that it became. */
export function writeRefusal(batch: Batch, change: RunChange, error: AppError): RunChange {
  const { position, resourceType, sourceId, name, operation, plan } = change
  const code = codeOfRefusal(error, resourceType) ?? 'invalid_value'
  const detail = error.message
  batch.remarks.push({ position, operation: 'error', code, detail })
  batch.errors.push({ code, message: name === null ? detail : `${name}: ${detail}`, recordId: sourceId })
  const isNew = operation === 'create' || operation === 'restore'
  const record = plan.record && { ...plan.record, problem: code, ...(isNew && { speaks: false }) }
  return {
    ...change,
    operation: 'error',
    code,
    detail,
    resourceId: isNew ? null : change.resourceId,
    plan: { ...plan, ...(record && { record }) },
  }
}
