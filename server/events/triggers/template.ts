// Templates of triggers, in Liquid: without files, without a way out of the variables, with an end.
import { Liquid, LiquidError } from 'liquidjs'
import type { JsonObject } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'
import { toLine } from '../../ops/line.ts'

/** What a template makes: its variables come out so that they mean nothing special there. */
export type TemplateKind = 'text' | 'html' | 'slack'

/** A template that made nothing, and why. */
export class TemplateError extends Error {
  /** Whether it may do so another time: it took too long. */
  readonly isTemporary: boolean

  constructor(message: string, isTemporary: boolean) {
    super(message)
    this.isTemporary = isTemporary
  }
}

const maxOutputLength = 200_000
const options = {
  ownPropertyOnly: true,
  strictFilters: true,
  strictVariables: false,
  parseLimit: 100_000,
  renderLimit: 100,
  memoryLimit: 1_000_000,
  timezoneOffset: 0,
  locale: 'en',
  dateFormat: '%-d %B %Y',
  // There are no other templates; with this nothing even looks for files.
  templates: {},
} as const

const engines: Readonly<Record<TemplateKind, Liquid>> = {
  text: createEngine(),
  html: createHtmlEngine(),
  slack: createEngine(escapeSlack),
}

/** Throws invalid_value naming the parameter that the template came in, with the line and column of the mistake. */
export function checkTemplate(kind: TemplateKind, param: string, template: string): void {
  try {
    engines[kind].parse(template)
  } catch (error) {
    if (!LiquidError.is(error)) throw error
    throw new AppError('invalid_value', `${param} is no template: ${explain(error)}.`, { data: { param } })
  }
}

/** Throws TemplateError, which calls the template by its name. */
export function renderTemplate(kind: TemplateKind, name: string, template: string, variables: JsonObject): string {
  const engine = engines[kind]
  try {
    const text: unknown = engine.renderSync(engine.parse(template), variables)
    if (String(text).length <= maxOutputLength) return String(text).toWellFormed()
  } catch (error) {
    if (!LiquidError.is(error)) throw error
    const isTemporary = error.message.startsWith('template render limit')
    throw new TemplateError(`${name} cannot be written: ${explain(error)}.`, isTemporary)
  }
  throw new TemplateError(`${name} is longer than ${maxOutputLength} characters when it is written.`, false)
}

function createEngine(outputEscape?: (value: unknown) => string): Liquid {
  const engine = new Liquid({ ...options, ...(outputEscape && { outputEscape }) })
  for (const tag of ['include', 'render', 'layout', 'block']) delete engine.tags[tag]
  return engine
}

// What these filters return is HTML already.
function createHtmlEngine(): Liquid {
  const engine = createEngine(escapeHtml)
  for (const name of ['escape', 'xml_escape', 'escape_once']) {
    engine.registerFilter(name, { raw: true, handler: escapeHtml })
  }
  engine.registerFilter('newline_to_br', {
    raw: true,
    handler: (value: unknown) => escapeHtml(value).replaceAll(/\r?\n/g, '<br>\n'),
  })
  return engine
}

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(value: unknown): string {
  return toText(value).replaceAll(/[&<>"']/g, (character) => htmlEntities[character] ?? character)
}

// As https://docs.slack.dev/messaging/formatting-message-text says: what is in angle brackets is a link, or calls everybody.
function escapeSlack(value: unknown): string {
  return toText(value).replaceAll(/[&<>]/g, (character) => htmlEntities[character] ?? character)
}

// As Liquid writes values: lists one after the other.
function toText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(toText).join('')
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

// `tag "nope" not found, line:2, col:2` of the first mistake.
function explain(error: LiquidError): string {
  const [what = ''] = error.message.split(/, (?:file|line):/)
  const [line, column] = error.token.getPosition()
  return `${toLine(what)} (line ${line}, column ${column})`
}
