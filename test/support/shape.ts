// Shapes of JSON: which keys there are, and of which types their values.
import { expect } from 'chai'

/** 'string', 'integer', 'number' (which an integer is, too), …, with a `?` where it may be null; an array of one shape; or an object of shapes. */
export type Shape = string | readonly [Shape] | { readonly [key: string]: Shape }

/** Fails where a value has other keys than the shape, or values of other types. */
export function expectShape(value: unknown, shape: Shape, place = 'the answer'): void {
  if (typeof shape === 'string') {
    const type = shape.replace('?', '')
    if (value === null && type !== shape) return
    const found = type === 'number' ? typeof value : typeName(value)
    expect(found, `${place} is ${JSON.stringify(value)}`).to.equal(type)
  } else if (isList(shape)) {
    expect(value, place).to.be.an('array')
    for (const [at, one] of (value as unknown[]).entries()) expectShape(one, shape[0], `${place}[${at}]`)
  } else {
    expect(value, place).to.be.an('object')
    const object = value as Record<string, unknown>
    expect(Object.keys(object).toSorted(), `keys of ${place}`).to.deep.equal(Object.keys(shape).toSorted())
    for (const [key, one] of Object.entries(shape)) expectShape(object[key], one, `${place}.${key}`)
  }
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape)
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
