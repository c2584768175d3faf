// The requests to Bob's API that are made (https://apidocs.hibob.com).
import { createAnswerError, isObject, readObjects, readText } from '../json.ts'
import type { ListItem } from '../list-groups.ts'
import type { Json, JsonObject, ProviderContext } from '../provider.ts'
import { type BobFields, readBobFields, readMachineValue } from './fields.ts'
import type { HiBobSettings } from './settings.ts'

export interface BobApi {
  /**
   * People as Bob writes them: those of some ids (at least one), or all that the service user may see, those who left among them. Of
   * several fields with the text for people; where there is one, that is the id.
   */
  search(fields: readonly string[], ids?: readonly string[]): Promise<JsonObject[]>
  /** What is known of fields; empty where the service user may not ask. */
  readFields(): Promise<BobFields>
  /** Who is out between two days, each YYYY-MM-DD; undefined where Bob does not say. */
  readOuts(from: string, to: string): Promise<JsonObject[] | undefined>
  /** The items of a list, but archived ones; undefined where there is no such list, or it may not be read. */
  readList(name: string): Promise<ListItem[] | undefined>
}

const origins = { production: 'https://api.hibob.com/v1', sandbox: 'https://api.sandbox.hibob.com/v1' }

export function createBobApi(settings: HiBobSettings, context: ProviderContext): BobApi {
  const { serviceUserId, token, sandbox = false, baseUrl } = settings
  const base = (baseUrl ?? (sandbox ? origins.sandbox : origins.production)).replace(/\/+$/, '')
  const authorization = `Basic ${Buffer.from(`${serviceUserId}:${token}`).toString('base64')}`
  const headers = { authorization, accept: 'application/json' }

  // Bob may refuse these to a service user that can read people.
  async function read(path: string, accepts: readonly number[] = [403, 404]): Promise<Json | undefined> {
    const response = await context.fetch({ url: `${base}${path}`, headers, accepts })
    return response.status === 200 ? response.json() : undefined
  }

  return {
    search: async (fields, ids) => {
      const filters = ids && [{ fieldPath: 'root.id', operator: 'equals', values: [...ids] }]
      const shown = fields.length > 1 && { humanReadable: 'APPEND' }
      const json = { fields: [...fields], showInactive: true, ...shown, ...(filters && { filters }) }
      const response = await context.fetch({
        method: 'POST',
        url: `${base}/people/search`,
        headers,
        json,
        isRead: true,
      })
      const answer = response.json()
      const people = isObject(answer) ? readObjects(answer['employees']) : undefined
      if (people === undefined) throw createAnswerError('HiBob', 'a list of employees')
      return people
    },
    readFields: async () => readBobFields((await read('/company/people/fields')) ?? []),
    readOuts: async (from, to) => {
      // Days that it does not like keep nobody from reading people.
      const answer = await read(`/timeoff/whosout?from=${from}&to=${to}&includePending=true`, [400, 403, 404])
      if (answer === undefined) return undefined
      const outs = isObject(answer) ? readObjects(answer['outs']) : undefined
      if (outs === undefined) throw createAnswerError('HiBob', 'who is out')
      return outs
    },
    readList: async (name) => {
      const answer = await read(`/company/named-lists/${encodeURIComponent(name)}`)
      if (answer === undefined) return undefined
      const items = isObject(answer) ? (readObjects(answer['values']) ?? readObjects(answer['items'])) : undefined
      if (items === undefined) throw createAnswerError('HiBob', `the items of the list ${name}`)
      return readItems(items, undefined)
    },
  }
}

/** Undefined where a record has none, which must not happen. */
export function readPersonId(person: JsonObject): string | undefined {
  return readText(readMachineValue(person, 'root.id', new Map()))
}

function readItems(items: readonly JsonObject[], parentId: string | undefined): ListItem[] {
  return items.flatMap((item) => {
    const id = readText(item['id'])
    const name = readText(item['name']) ?? readText(item['value'])
    const isListed = id !== undefined && name !== undefined && item['archived'] !== true
    const within = readItems(readObjects(item['children']) ?? [], isListed ? id : parentId)
    return isListed ? [{ id, name, ...(parentId !== undefined && { parentId }) }, ...within] : within
  })
}
