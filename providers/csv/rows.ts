// Records of a CSV text (RFC 4180) with the lines that they begin in.
import { CsvError, parse } from 'csv-parse/sync'
import { ProviderError } from '../provider.ts'
import { maxRecordBytes } from './settings.ts'

/** A record, or what is wrong with it, as a sentence. */
export type Row =
  | { readonly line: number; readonly cells: readonly string[]; readonly fault?: undefined }
  | { readonly line: number; readonly fault: string; readonly cells?: undefined }

const lineFeed = 10
const carriageReturn = 13
const advice = 'Write a quote that belongs to a value twice, and put quotes around the whole value.'

/**
 * Reads so many records at a time; lines without any value are passed over. Throws ProviderError `settings` where quotes do not match and
 * it cannot be said where the record ends.
 */
export function* readRows(bytes: Buffer, delimiter: string, batchSize: number): Generator<readonly Row[]> {
  let at = 0
  let line = 1
  while (at < bytes.length) {
    const rows: Row[] = []
    const start = at
    const brokenLines = parseBatch(bytes.subarray(start), delimiter, batchSize, (cells, length) => {
      const end = start + length
      if (end - at > maxRecordBytes) rows.push({ line, fault: `Line ${line} is longer than ${maxRecordBytes} bytes.` })
      else if (cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells })
      line += countLines(bytes, at, end)
      at = end
    })
    if (brokenLines > 0) {
      const end = findNextLine(bytes, at)
      if (brokenLines > 1 && bytes.toString('utf8', end).trim() !== '') throw createError(line)
      rows.push({ line, fault: `The quotes in line ${line} do not match. ${advice}` })
      line += 1
      at = end
    }
    yield rows
  }
}

function createError(line: number): ProviderError {
  const message = `The quotes of the record that begins in line ${line} do not match, and where it ends cannot be said. ${advice}`
  return new ProviderError('settings', message)
}

// csv-parse does not find out of a broken record again, so each batch begins anew. → how many lines of one it has read, else 0.
function parseBatch(
  bytes: Buffer,
  delimiter: string,
  size: number,
  take: (cells: readonly string[], length: number) => void,
): number {
  let lines = 0
  try {
    parse(bytes, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      to: size,
      on_record: (cells: string[], info) => {
        lines = info.lines
        take(cells, info.bytes)
        return null
      },
    })
    return 0
  } catch (error) {
    if (!(error instanceof CsvError) || typeof error['lines'] !== 'number') throw error
    return Math.max(1, error['lines'] - lines)
  }
}

function countLines(bytes: Buffer, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) {
    if (bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] !== lineFeed)) count += 1
  }
  return count
}

function findNextLine(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) at += 1
  return at + (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed ? 2 : 1)
}
