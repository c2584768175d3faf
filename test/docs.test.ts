import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { renderReadme } from '../docs/update-readme.ts'

describe('the README', () => {
  it('lists every setting as it is (else run npm run docs)', () => {
    const text = readFileSync('README.md', 'utf8')
    expect(text).to.equal(renderReadme(text))
  })
})
