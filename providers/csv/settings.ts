import type { SettingsSchema } from '../provider.ts'

export type CsvSettings = {
  text: string
  delimiter?: string
  idColumn?: string
}

/** Of the whole text, as UTF-8. */
export const maxBytes = 32 * 1024 * 1024
export const maxRecords = 100_000
export const maxColumns = 500
/** Of one record, as UTF-8. */
export const maxRecordBytes = 131_072

export const delimiters: Readonly<Record<string, string>> = { comma: ',', semicolon: ';', tab: '\t' }

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: {
    text: {
      type: 'string',
      title: 'Text',
      description: 'The text of the file: a header, and below it a line for each person.',
      examples: ['id,first_name,last_name,email\n1,Ada,Lovelace,ada@example.com\n'],
      minLength: 1,
      maxLength: maxBytes,
    },
    delimiter: {
      type: 'string',
      title: 'Delimiter',
      description: 'What stands between two columns; auto takes the one that makes the most columns of the header.',
      enum: ['auto', ...Object.keys(delimiters)],
      default: 'auto',
    },
    idColumn: {
      type: 'string',
      title: 'Column of the id',
      description:
        'The column that tells people apart and never changes. Left out, it is the first there is of id, external id, employee number, employee id, email, work email.',
      examples: ['employee_number'],
      minLength: 1,
      maxLength: 200,
    },
  },
}
