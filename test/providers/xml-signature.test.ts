// Whether the fake looks at signatures as others do: by documents that nobody here has written, and by such as somebody has changed.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { expect } from 'chai'
import { signAssertion } from '../../providers/successfactors/assertion.ts'
import { createRsaKey } from './successfactors-keys.ts'
import { canonicalize, findSignatureFault, listElements, parseXml } from './xml-signature.ts'

describe('the signatures that the fake of SAP SuccessFactors looks at', () => {
  const canonical: readonly (readonly [string, string, string])[] = [
    ['writes empty tags out', '<a><b/></a>', '<a><b></b></a>'],
    ['puts attributes in their order', `<a z="1" b='2' a="3"/>`, '<a a="3" b="2" z="1"></a>'],
    [
      'declares a namespace where it is used, and not where it is only declared',
      '<n1:a xmlns:n1="urn:1" xmlns:n2="urn:2"><n2:b/><n1:c/></n1:a>',
      '<n1:a xmlns:n1="urn:1"><n2:b xmlns:n2="urn:2"></n2:b><n1:c></n1:c></n1:a>',
    ],
    [
      'orders attributes of a namespace by what it is called, behind those of none',
      '<a xmlns:x="urn:2" xmlns:y="urn:1" x:b="1" y:b="2" c="3"/>',
      '<a xmlns:x="urn:2" xmlns:y="urn:1" c="3" y:b="2" x:b="1"></a>',
    ],
    [
      'declares it again where it is another one',
      '<a xmlns="urn:1"><b xmlns="urn:2"/></a>',
      '<a xmlns="urn:1"><b xmlns="urn:2"></b></a>',
    ],
    ['keeps white space', '<a>\n <b> </b>\n</a>', '<a>\n <b> </b>\n</a>'],
    [
      'writes marks in one way',
      `<a b="&lt;&quot;'&gt;">&lt;&gt;&amp;&quot;</a>`,
      `<a b="&lt;&quot;'>">&lt;&gt;&amp;"</a>`,
    ],
  ]
  for (const [name, written, expected] of canonical) {
    it(name, () => {
      expect(canonicalize(parseXml(written))).to.equal(expected)
    })
  }

  it('takes an element out of its document with what its prefixes mean', () => {
    const [child] = listElements(parseXml('<a xmlns:n="urn:1"><n:b/></a>'))
    expect(child && canonicalize(child, { n: 'urn:1' })).to.equal('<n:b xmlns:n="urn:1"></n:b>')
  })

  const pem = createRsaKey()
  const claims = {
    id: '_1',
    apiKey: 'key',
    userId: 'somebody',
    recipient: 'https://api.example.test/oauth/token',
    issuedAt: new Date('2026-11-20T09:00:00Z'),
  }
  const assertion = signAssertion(claims, createPrivateKey(pem))

  function findFault(text: string, key = pem): string | undefined {
    return findSignatureFault(parseXml(text), createPublicKey(key))
  }

  it('finds nothing wrong with an assertion, also where it is written in another way', () => {
    expect(findFault(assertion)).to.equal(undefined)
    expect(findFault(assertion.replace(/<(ds:Transform) ([^>]*)><\/ds:Transform>/g, '<$1   $2 />'))).to.equal(undefined)
    expect(findFault(assertion.replaceAll('"', "'"))).to.equal(undefined)
  })

  const spoilt: readonly (readonly [string, (text: string) => string, string])[] = [
    ['somebody else’s name', (text) => text.replace('>somebody<', '>administrator<'), 'something else'],
    ['one space more', (text) => text.replace('<saml2:Subject>', '<saml2:Subject> '), 'something else'],
    ['another digest', (text) => text.replace(/(DigestValue>)./, '$1!'), 'something else'],
    ['another id', (text) => text.replace('ID="_1"', 'ID="_2"'), 'it signs something else'],
    ['a signature of something else', (text) => text.replace(/(SignatureValue>).{8}/, '$1AAAAAAAA'), 'another key'],
    ['a weaker digest', (text) => text.replace('xmlenc#sha256', 'xmldsig#sha1'), 'another way'],
    ['no signature', (text) => text.replace(/<ds:Signature .*<\/ds:Signature>/, ''), 'no signature'],
  ]
  for (const [name, spoil, fault] of spoilt) {
    it(`finds ${name}`, () => {
      expect(spoil(assertion)).to.not.equal(assertion)
      expect(findFault(spoil(assertion))).to.include(fault)
    })
  }

  it('finds another key', () => {
    expect(findFault(assertion, createRsaKey())).to.include('another key')
  })
})
