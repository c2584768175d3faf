// Checks what came with a request against its schema, and says in a sentence what is wrong.
import type { ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { AppError } from '../errors.ts'
import type { Schema } from './schema.ts'

/** Returns the value, in which it fills in the defaults. Throws invalid_value naming what is wrong and where. */
export type Check = (schema: object, value: unknown) => unknown

/** A schema is compiled when something is first checked against it. */
export function createCheck(): Check {
  const ajv = new Ajv2020({ useDefaults: true, allowUnionTypes: true, strictTypes: false, strictRequired: false })
  addFormats.default(ajv)
  return (schema, value) => {
    const validate = ajv.compile(schema as Schema)
    if (validate(value)) return value
    throw explain(validate.errors?.[0])
  }
}

function explain(error: ErrorObject | undefined): AppError {
  const { param, message } = describe(error)
  return new AppError('invalid_value', message, param === '' ? {} : { data: { param } })
}

interface Mistake {
  /** The dotted path of what is wrong; '' for the body as a whole. */
  readonly param: string
  readonly message: string
}

interface Details {
  readonly allowedValue?: unknown
  readonly allowedValues?: readonly unknown[]
  readonly additionalProperty?: string
  readonly missingProperty?: string
  readonly pattern?: string
}

function describe(error: ErrorObject | undefined): Mistake {
  const place = error?.instancePath.slice(1).replaceAll('/', '.') ?? ''
  const within = (name: string): string => (place === '' ? name : `${place}.${name}`)
  if (error?.propertyName !== undefined) {
    const param = within(error.propertyName)
    return { param, message: `The name '${error.propertyName}' ${error.message ?? 'is wrong'}.` }
  }
  const details = (error?.params ?? {}) as Details
  if (details.missingProperty !== undefined) {
    const param = within(details.missingProperty)
    return { param, message: `${param} is missing.` }
  }
  if (details.additionalProperty !== undefined) {
    const param = within(details.additionalProperty)
    return { param, message: `${param} is nothing that can be given here.` }
  }
  return { param: place, message: `${place === '' ? 'The body' : place} ${say(error, details)}.` }
}

function say(error: ErrorObject | undefined, { allowedValue, allowedValues, pattern }: Details): string {
  if (error?.keyword === 'false schema') return 'must not be given here'
  if (pattern === '\\S') return 'must not be blank'
  if (allowedValue !== undefined) return `must be ${JSON.stringify(allowedValue)}`
  if (allowedValues !== undefined) return `must be one of ${allowedValues.join(', ')}`
  return error?.message ?? 'is wrong'
}
