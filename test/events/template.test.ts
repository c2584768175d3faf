// Templates make text of what is known, and can do nothing else.
import { expect } from 'chai'
import { AppError } from '../../server/errors.ts'
import {
  checkTemplate,
  renderTemplate,
  TemplateError,
  type TemplateKind,
} from '../../server/events/triggers/template.ts'

const variables = {
  user: {
    displayName: 'Zoë <b>"O\'Hara"</b> & Co',
    title: 'a\nb',
    emails: [{ value: 'zoe@larkspur.example' }, { value: 'zoe@home.example' }],
    urn: { 'urn:x:2.0:User': { floor: 3 } },
    nothing: null,
  },
}

function render(template: string, kind: TemplateKind = 'text'): string {
  return renderTemplate(kind, 'text', template, variables)
}

describe('templates', () => {
  for (const [template, expected] of [
    ['{{ user.emails | map: "value" | join: ", " }}', 'zoe@larkspur.example, zoe@home.example'],
    ['{{ user.urn["urn:x:2.0:User"].floor | plus: 1 }}', '4'],
    ['{% if manager %}{{ manager.displayName }}{% else %}nobody{% endif %}', 'nobody'],
    ['[{{ user.nothing }}{{ unknown.of.anything }}]', '[]'],
    ['{{ "2026-03-01T23:30:00Z" | date }}', '1 March 2026'],
    ['{% for email in user.emails %}{{ forloop.index }}{% endfor %}', '12'],
    ['{{ user.displayName }}', variables.user.displayName],
  ] as const) {
    it(`write ${template}`, () => {
      expect(render(template)).to.equal(expected)
    })
  }

  it('escape what they put into HTML, unless told otherwise', () => {
    const escaped = 'Zoë &lt;b&gt;&quot;O&#39;Hara&quot;&lt;/b&gt; &amp; Co'
    expect(render('<i>{{ user.displayName }}</i>', 'html')).to.equal(`<i>${escaped}</i>`)
    expect(render('{{ user.displayName | escape }}', 'html')).to.equal(escaped)
    expect(render('{{ user.title | newline_to_br }}', 'html')).to.equal('a<br>\nb')
    expect(render('{{ user.displayName | escape | append: user.displayName }}', 'html')).not.to.contain('<b>')
    expect(render('{{ user.displayName | raw }}', 'html')).to.equal(variables.user.displayName)
    expect(render('{{ user.displayName }}', 'slack')).to.equal('Zoë &lt;b&gt;"O\'Hara"&lt;/b&gt; &amp; Co')
  })

  for (const [template, line, column] of [
    ['{% include "/etc/passwd" %}', 1, 1],
    ['a\n  {% render "x" %}', 2, 3],
    ['{% layout "x" %}', 1, 1],
    ['a\nb {{ user | shell }}', 2, 3],
    ['{% if user %}', 1, 1],
    ['a\nb\n{{ user ', 3, 1],
    ['{{ user | | }}', 1, 11],
  ] as const) {
    it(`that are none are refused, with the place: ${JSON.stringify(template)}`, () => {
      expect(() => checkTemplate('text', 'action.text', template))
        .to.throw(AppError, `(line ${line}, column ${column})`)
        .with.property('data')
        .that.deep.equals({ param: 'action.text' })
    })
  }

  for (const template of [
    '{{ user.constructor }}{{ user.__proto__ }}{{ user.toString }}{{ user["constructor"]["constructor"] }}',
    '{{ user.displayName.constructor.name }}{{ user.emails | map: "constructor" }}',
    '{{ constructor }}{{ process }}{{ globalThis }}{{ require }}',
  ]) {
    it(`see nothing but what is told: ${template}`, () => {
      expect(render(template)).to.equal('')
    })
  }

  for (const [what, template] of [
    [
      'loop without end',
      '{% for a in (1..9999) %}{% for b in (1..9999) %}{% for c in (1..9999) %}x{% endfor %}{% endfor %}{% endfor %}',
    ],
    ['count to a milliard', '{% for a in (1..1000000000) %}{% endfor %}'],
    [
      'double a text again and again',
      '{% assign a = "xxxxxxxxxx" %}{% for i in (1..99) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
    ],
    [
      'capture it again and again',
      '{% assign a = "xxxxxxxxxx" %}{% for i in (1..99) %}{% capture a %}{{ a }}{{ a }}{% endcapture %}{% endfor %}{{ a }}',
    ],
    ['ask for a long number', '{{ "now" | date: "%999999999d" }}'],
    ['write without measure', '{% for a in (1..9000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}'],
  ] as const) {
    it(`that ${what} come to an end`, () => {
      const startedAt = performance.now()
      expect(() => render(template)).to.throw(TemplateError, /^text /)
      expect(performance.now() - startedAt).to.be.lessThan(2000)
    })
  }
})
