import type { Parameter } from './openapi.ts'

export interface CurlRequest {
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** undefined where there is none. */
  readonly body: unknown
}

/** A line for a shell that sends a request with the examples of its parameters, the token from $TOKEN. */
export function writeCurl({ method, path, parameters, body }: CurlRequest, origin: string): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(readExample(name, parameters) ?? name),
  )
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && isShown(parameter))
    .map(({ name }) => `--data-urlencode ${quote(`${name}=${readExample(name, parameters) ?? ''}`)}`)
  const verb = method === 'GET' ? (query.length > 0 ? ' -G' : '') : ` -X ${method}`
  const lines = [
    `curl${verb} ${quote(`${origin}${filled}`)}`,
    '-H "Authorization: Bearer $TOKEN"',
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(body))}`]),
    ...query,
  ]
  return lines.join(' \\\n  ')
}

// A line with a cursor could not be sent, and one with everything would find nothing.
function isShown({ name, schema }: Parameter): boolean {
  return name !== 'cursor' && schema['examples'] !== undefined
}

function readExample(name: string, parameters: readonly Parameter[]): string | undefined {
  const examples = parameters.find((parameter) => parameter.name === name)?.schema['examples']
  return Array.isArray(examples) ? String(examples[0]) : undefined
}

function quote(text: string): string {
  return /^[\w/:.=@%-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
