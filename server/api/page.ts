// The reference page: the OpenAPI document for people. One page that needs nothing else, for any width and for the keyboard.
import { Html, html, prose } from './html.ts'
import type { OpenApiDocument, Operation, Parameter } from './openapi.ts'
import { pageStyle } from './page-style.ts'
import { type Schema, toText } from './schema.ts'
import { writeCurl } from './curl.ts'

interface Listed {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** The page, in which `origin` stands where curl lines name the server. */
export function writePage(document: OpenApiDocument, origin: string): string {
  const { info, tags, components } = document
  const operations = listOperations(document)
  const sections = tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }))
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${info.title} API reference</title>
        <style>
          ${new Html(pageStyle)}
        </style>
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <header>
          <h1>${info.title} API reference</h1>
          <p>
            Version ${info.version}. ${info.description} The same as <a href="/openapi.json">OpenAPI 3.1</a>, for
            programs.
          </p>
        </header>
        <nav aria-label="Operations">
          <details>
            <summary>Operations</summary>
            ${sections.map(
              (section) =>
                html`<h2>${section.name}</h2>
                  <ul>
                    ${section.operations.map(
                      ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
                    )}
                  </ul>`,
            )}
            <h2>Shapes</h2>
            <ul>
              ${Object.keys(components.schemas).map((name) => html`<li><a href="#${name}">${name}</a></li>`)}
            </ul>
          </details>
        </nav>
        <main id="content" tabindex="-1">
          <section aria-labelledby="signing-in">
            <h2 id="signing-in">Signing in and errors</h2>
            ${introduction}
          </section>
          ${sections.map(
            ({ name, description, operations: own }) =>
              html`<section class="tag">
                <h2>${name}</h2>
                <p>${prose(description)}</p>
                ${own.map((one) => writeOperation(one, origin, document))}
              </section>`,
          )}
          <section class="tag">
            <h2>Shapes</h2>
            ${Object.entries(components.schemas).map(
              ([name, schema]) =>
                html`<section id="${name}">
                  <h3><a href="#${name}">${name}</a></h3>
                  <p>${prose(toText(schema['description']))}</p>
                  ${writeMembers(schema, `Members of ${name}`)}
                </section>`,
            )}
          </section>
        </main>
      </body>
    </html>`
  return page.text
}

const introduction = html`<p>
    Send <code>Authorization: Bearer</code> with a token; each operation names the scopes that the token needs. The curl
    lines take it from the variable <code>TOKEN</code>.
  </p>
  <p>
    Errors are JSON: <a href="#ErrorAnswer">ErrorAnswer</a>. An unknown parameter, one that is given twice and a value
    out of range are 400, and <code>param</code> names it. Every answer has an <code>X-Request-Id</code>.
  </p>`

function listOperations({ paths }: OpenApiDocument): Listed[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

function writeOperation({ method, path, operation }: Listed, origin: string, document: OpenApiDocument): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses, security } = operation
  const scopes = security.flatMap(({ bearer }) => bearer)
  const body = requestBody?.content['application/json']
  return html`<section class="operation" id="${operationId}" aria-labelledby="${operationId}-title">
    <h3 id="${operationId}-title"><a href="#${operationId}">${summary}</a></h3>
    <p class="route"><span class="method ${method.toLowerCase()}">${method}</span> <code>${breakable(path)}</code></p>
    ${description === undefined ? '' : html`<p>${prose(description)}</p>`}
    ${
      scopes.length === 0
        ? ''
        : html`<p class="scopes">
            Scope: ${scopes.map((scope, at) => html`${at === 0 ? '' : ' and '}<code>${scope}</code>`)}
          </p>`
    }
    ${parameters.length === 0 ? '' : writeParameters(parameters, summary)}
    ${
      body === undefined
        ? ''
        : html`<h4>Body</h4>
            ${writeMembers(resolve(body.schema, document), `Body of ${summary}`)}`
    }
    <h4>Request</h4>
    ${writeCode(writeCurl({ method, path, parameters, body: body?.example }, origin))}
    ${Object.entries(responses).map(([status, response]) => {
      if ('$ref' in response) return ''
      const answer = response.content?.['application/json'] ?? response.content?.['text/event-stream']
      if (answer === undefined)
        return html`<h4>Answer ${status}</h4>
          <p>${response.description} There is no body.</p>`
      return html`<h4>Answer ${status}</h4>
        ${'$ref' in answer.schema ? html`<p>${writeType(answer.schema)}</p>` : writeMembers(answer.schema, `Answer of ${summary}`)}
        ${writeCode(JSON.stringify(answer.example, null, 2))}`
    })}
    <p class="errors">
      Errors:
      ${Object.entries(responses)
        .flatMap(([status, one]) => ('$ref' in one ? [status] : []))
        .join(', ')}.
    </p>
  </section>`
}

function resolve(schema: Schema, { components }: OpenApiDocument): Schema {
  const name = readName(schema)
  return name === undefined ? schema : (components.schemas[name] ?? schema)
}

function writeParameters(parameters: readonly Parameter[], summary: string): Html {
  return writeTable(
    `Parameters of ${summary}`,
    parameters.map(({ name, in: place, description, schema }) => ({
      name,
      type: html`${writeType(schema)}${place === 'path' ? ', in the path' : ''}${writeLimits(schema)}`,
      description,
    })),
  )
}

function writeMembers(schema: Schema, caption: string): Html {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, Schema>; required?: string[] }
  const rows = Object.entries(properties).map(([name, member]) => ({
    name,
    type: html`${writeType(member)}${required.includes(name) ? '' : ', optional'}${writeLimits(member)}`,
    description: toText(member['description']),
  }))
  return rows.length === 0 ? html`<p>${writeType(schema)}</p>` : writeTable(caption, rows)
}

function writeTable(caption: string, rows: readonly { name: string; type: Html; description: string }[]): Html {
  return html`<table aria-label="${caption}">
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Type</th>
        <th scope="col">Meaning</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ name, type, description }) =>
          html`<tr>
            <th scope="row"><code>${name}</code></th>
            <td>${type}</td>
            <td>${prose(description)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function writeType(schema: Schema): Html {
  const name = readName(schema)
  if (name !== undefined) return html`<a href="#${name}">${name}</a>`
  const { type, enum: values, const: constant, items, oneOf } = schema
  if (Array.isArray(oneOf)) return join(oneOf.map((one: Schema) => writeType(one)))
  if (Array.isArray(values)) return join(values.map((value) => html`<code>${toText(value)}</code>`))
  if (constant !== undefined) return html`<code>${toText(constant)}</code>`
  if (type === 'array') return html`array of ${writeType((items ?? {}) as Schema)}`
  return html`${Array.isArray(type) ? type.join(' or ') : toText(type ?? 'any')}`
}

function join(parts: readonly Html[]): Html {
  return html`${parts.map((part, at) => html`${at === 0 ? '' : at === parts.length - 1 ? ' or ' : ', '}${part}`)}`
}

function writeLimits(schema: Schema): Html {
  const { default: initial, minimum, maximum } = schema
  const range = minimum === undefined || maximum === undefined ? '' : `, ${toText(minimum)} to ${toText(maximum)}`
  return html`${range}${initial === undefined ? '' : html`, default <code>${toText(initial)}</code>`}`
}

function readName({ $ref }: Schema): string | undefined {
  return typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined
}

function writeCode(text: string): Html {
  return html`<pre><code>${text}</code></pre>`
}

// A long path may be broken behind a slash.
function breakable(path: string): Html[] {
  return path.split(/(?<=\/)/).map((part) => html`${part}<wbr />`)
}
