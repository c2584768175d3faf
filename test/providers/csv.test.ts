// CSV files: whatever a spreadsheet writes is read as it was, and what is wrong is said with its line.
import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { columns, toKey } from '../../providers/csv/columns.ts'
import { csv, type CsvSettings, decodeCsv, listColumns, suggestMapping } from '../../providers/csv/index.ts'
import {
  employmentStatuses,
  enterprise,
  type Page,
  ProviderError,
  rollcall,
  type SourceFault,
  type SourceRecord,
} from '../../providers/provider.ts'

describe('a CSV file', () => {
  const controller = new AbortController()
  const docs = readFileSync(new URL('../../docs/providers/csv.md', import.meta.url), 'utf8')

  function open(settings: CsvSettings, signal = controller.signal) {
    const fetch = () => Promise.reject(new Error('A file asks nobody.'))
    return csv.open(settings, { fetch, resolve: fetch, attempt: fetch, now: () => new Date(), signal })
  }

  interface PullOptions extends Partial<CsvSettings> {
    readonly groups?: boolean
    readonly pageSize?: number
    readonly cursor?: number
  }

  async function pullPages(text: string, { groups = false, pageSize = 100, cursor, ...settings }: PullOptions = {}) {
    const pages: Page<number>[] = []
    const pulled = open({ text, ...settings }).pull(cursor, { fields: [], groups, pageSize })
    for await (const page of pulled) pages.push(page)
    return pages
  }

  async function pull(
    text: string,
    options?: PullOptions,
  ): Promise<{ records: SourceRecord[]; faults: SourceFault[] }> {
    const pages = await pullPages(text, options)
    return {
      records: pages.flatMap(({ records }) => records),
      faults: pages.flatMap(({ faults = [] }) => faults),
    }
  }

  async function fail(work: Promise<unknown>): Promise<ProviderError> {
    const error = await work.then(
      () => expect.fail('nothing was thrown'),
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof ProviderError)) throw error
    return error
  }

  const user = (id: string, fields: Record<string, string | null>): SourceRecord => ({ id, type: 'user', fields })

  describe('is read', () => {
    it('as records whose fields are the columns', async () => {
      const { records, faults } = await pull('id, First Name ,email\n1,Ada, ada@example.com \n2,,\n')
      expect(records).to.deep.equal([
        user('1', { id: '1', 'First Name': 'Ada', email: ' ada@example.com ' }),
        user('2', { id: '2', 'First Name': null, email: null }),
      ])
      expect(faults).to.deep.equal([])
    })

    for (const [name, text] of [
      ['with CRLF', 'id,name\r\n1,Ada\r\n2,Grace\r\n'],
      ['with the line ends of old', 'id,name\r1,Ada\r2,Grace\r'],
      ['with several line ends', 'id,name\n1,Ada\r\n2,Grace\r'],
      ['without a line end at the end', 'id,name\n1,Ada\n2,Grace'],
      ['with a byte order mark', '\uFEFFid,name\n1,Ada\n2,Grace\n'],
      ['with a byte order mark before a quote', '\uFEFF"id","name"\n"1","Ada"\n"2","Grace"\n'],
      ['with empty lines', '\n\r\nid,name\n\n1,Ada\n , \n,\n2,Grace\n\n\n'],
      ['with semicolons', 'id;name\n1;Ada\n2;Grace\n'],
      ['with tabs', 'id\tname\n1\tAda\n2\tGrace\n'],
      ['with columns that have no name', 'id,name,,\n1,Ada,x,\n2,Grace,,\n'],
    ] as const) {
      it(name, async () => {
        const { records, faults } = await pull(text)
        expect(records).to.deep.equal([user('1', { id: '1', name: 'Ada' }), user('2', { id: '2', name: 'Grace' })])
        expect(faults).to.deep.equal([])
      })
    }

    it('with delimiters, quotes and lines within quotes', async () => {
      const { records } = await pull('id,"a,b"\n1,"x, ""y""\r\nz"\n2,""\n')
      expect(records).to.deep.equal([user('1', { id: '1', 'a,b': 'x, "y"\r\nz' }), user('2', { id: '2', 'a,b': null })])
    })

    it('with the delimiter that is said, whatever the header looks like', async () => {
      const { records } = await pull('id;a,b,c\n1;x\n', { delimiter: 'semicolon' })
      expect(records).to.deep.equal([user('1', { id: '1', 'a,b,c': 'x' })])
    })

    it('with the delimiter that makes the most columns, outside of quotes', async () => {
      const { records } = await pull('id;"a,b,c,d"\n1;x\n')
      expect(records).to.deep.equal([user('1', { id: '1', 'a,b,c,d': 'x' })])
      expect((await pull('email\nada@example.com\n')).records).to.have.length(1)
    })

    it('with names that objects have of themselves', async () => {
      const { records } = await pull('id,__proto__,constructor\n1,a,b\n')
      expect(Object.entries(records[0]?.fields ?? {})).to.deep.equal([
        ['id', '1'],
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ])
    })
  })

  describe('tells people apart', () => {
    for (const [header, id] of [
      ['email,EXTERNAL_ID,Id', 'c'],
      ['email,External ID,x', 'b'],
      ['email,employee_number,employee id', 'b'],
      ['email,employeeNumber,x', 'b'],
      ['email,Employee-Id,x', 'b'],
      ['Work Email,x,E-Mail', 'c'],
      ['x,Work_Email,y', 'b'],
    ] as const) {
      it(`by the first that there is of its columns: ${header}`, async () => {
        expect((await pull(`${header}\na,b,c\n`)).records[0]?.id).to.equal(id)
      })
    }

    it('by the column that is said, by its very name before one that is alike', async () => {
      const text = 'ID,Badge No,badge_no\n1,x,y\n'
      expect((await pull(text, { idColumn: 'badge_no' })).records[0]?.id).to.equal('y')
      expect((await pull(text, { idColumn: 'BadgeNo' })).records[0]?.id).to.equal('x')
      const error = await fail(pull(text, { idColumn: 'key' }))
      expect(error.kind).to.equal('settings')
      expect(error.message).to.equal('The header has no column key. It has ID, Badge No, badge_no.')
    })

    it('without spaces around the id', async () => {
      expect((await pull('id,a\n" 1 ",x\n')).records[0]?.id).to.equal('1')
    })
  })

  describe('has faults that name their lines', () => {
    for (const [name, text, line, message] of [
      [
        'too few columns',
        'id,a,b\n1,x\n',
        2,
        'Line 2 has 2 columns instead of 3. Put quotes around values with , in them.',
      ],
      ['one column', 'id;a\n1\n', 2, 'Line 2 has 1 column instead of 2. Put quotes around values with ; in them.'],
      [
        'too many columns',
        'id\ta\n1\tx\t\n',
        2,
        'Line 2 has 3 columns instead of 2. Put quotes around values with tabs in them.',
      ],
      ['no id', 'id,a\n 	,x\n', 2, 'Line 2 has nothing in the column id.'],
      ['an id that was there', 'id,a\n7,x\n8,y\n7,z\n', 4, 'Lines 2 and 4 have the same id, 7; line 2 counts.'],
      ['a character that is zero', 'id,a\n1,x\0\n', 2, 'Line 2 has a character that is zero. Take it out.'],
      ['text behind a quote', 'id,a\n1,"x" y\n', 2, quotes(2)],
      ['a quote in the middle', 'id,a\n1,x "y" z\n', 2, quotes(2)],
      ['a quote that does not end', 'id,a\n1,"x\n', 2, quotes(2)],
      ['a space before a quote', 'id,a\n1, "x"\n', 2, quotes(2)],
      ['too much', `id,a\n1,${'x'.repeat(131_072)}\n`, 2, 'Line 2 is longer than 131072 bytes.'],
      ['a line behind others', 'id,a\r\n\r\n1,"x\r\ny\n\nz"\r\n\r\n,w', 8, 'Line 8 has nothing in the column id.'],
    ] as const) {
      it(name, async () => {
        const { faults } = await pull(text)
        expect(faults).to.deep.equal([{ record: `line ${line}`, message }])
      })
    }

    function quotes(line: number): string {
      return `The quotes in line ${line} do not match. Write a quote that belongs to a value twice, and put quotes around the whole value.`
    }

    it('and goes on behind them', async () => {
      const text = 'id,a\n1,"x"y\n2,b\n3\n4,d\n5,e"\n,\n2,f\n6,"g"\n'
      const { records, faults } = await pull(text)
      expect(records.map(({ id }) => id)).to.deep.equal(['2', '4', '6'])
      expect(faults.map(({ record }) => record)).to.deep.equal(['line 2', 'line 4', 'line 6', 'line 8'])
    })

    for (const [name, text] of [
      ['a quote that does not end', 'id,a\n1,x\n2,"y\n3,z\n'],
      ['a quote that ends at the next one', 'id,a\n1,x\n2,"y\n3,"z"\n4,w\n'],
      ['lines and then a quote', 'id,a\n1,x\n2,"y\nz"w\n4,w\n'],
    ] as const) {
      it(`but ends where it cannot be said where a record ends: ${name}`, async () => {
        const error = await fail(pull(text, { pageSize: 1 }))
        expect(error.kind).to.equal('settings')
        expect(error.message).to.contain('The quotes of the record that begins in line 3 do not match')
      })
    }
  })

  describe('is refused', () => {
    for (const [name, text, message] of [
      ['without a header', '', 'The text is empty.'],
      ['with empty lines only', '\n \r\n\n', 'The text is empty.'],
      ['without a column for the id', 'first name,last name\nAda,Lovelace\n', 'It has first name, last name.'],
      ['with two columns of a name', 'id,a,b, a\n1,2,3,4\n', 'The columns 2 and 4 are both named a.'],
      ['with a header whose quotes do not match', 'id,"a"b\n1,2\n', 'The quotes in line 1 do not match.'],
      [
        'with too many columns',
        `id,${Array.from({ length: 500 }, (_, index) => `c${index}`).join(',')}`,
        '500 are allowed',
      ],
      ['as UTF-16 that was taken for something else', 'i\0d\0,\0a\0\n\x001\0,\x002\0', 'Save the file as “CSV UTF-8”.'],
      ['where it is too long', 'x'.repeat(32 * 1024 * 1024 + 1), 'The text is longer than 33554432 bytes.'],
    ] as const) {
      it(name, async () => {
        const error = await fail(pull(text))
        expect(error.kind).to.equal('settings')
        expect(error.message).to.contain(message)
      })
    }

    it('with more records than are allowed', async () => {
      const lines = Array.from({ length: 100_001 }, (_, index) => `${index}\n`)
      expect((await pull(`id\n${lines.slice(0, -1).join('')}`)).records).to.have.length(100_000)
      const error = await fail(pull(`id\n${lines.join('')}`))
      expect(error.kind).to.equal('settings')
      expect(error.message).to.equal('The file has more than 100000 records, the last of them in line 100001.')
    })
  })

  describe('has groups', () => {
    const text = 'id,Groups\n1,Sales; Support ;;Sales\n2,\n3,"support;All"\n4,all\n'

    it('where a column lists them, each as a record before the first one in it', async () => {
      const { records } = await pull(text, { groups: true })
      const group = (name: string): SourceRecord => ({ id: name, type: 'group', fields: { displayName: name } })
      expect(records).to.deep.equal([
        group('Sales'),
        group('Support'),
        { ...user('1', { id: '1', Groups: 'Sales; Support ;;Sales' }), groups: ['Sales', 'Support'] },
        { ...user('2', { id: '2', Groups: null }), groups: [] },
        group('All'),
        { ...user('3', { id: '3', Groups: 'support;All' }), groups: ['Support', 'All'] },
        { ...user('4', { id: '4', Groups: 'all' }), groups: ['All'] },
      ])
    })

    it('only where they are wanted, and says nothing of them where no column does', async () => {
      for (const records of [(await pull(text)).records, (await pull('id,a\n1,2\n', { groups: true })).records]) {
        expect(records.every(({ type, groups }) => type === 'user' && groups === undefined)).to.equal(true)
      }
    })

    it('also more of them in one line than a page holds', async () => {
      const pages = await pullPages('id,groups\n0,\n1,a;b;c;d;e\n2,a;f\n', { groups: true, pageSize: 2 })
      expect(pages.map(({ records }) => records.map(({ id }) => id))).to.deep.equal([
        ['0'],
        ['a', 'b'],
        ['c', 'd'],
        ['e', '1'],
        ['f', '2'],
      ])
      expect(pages.map(({ cursor }) => cursor)).to.deep.equal([3, 3, 3, 4, undefined])
    })
  })

  describe('comes in pages', () => {
    const text = `id,a,groups\n${Array.from({ length: 1200 }, (_, index) => `${index},"${'\n'.repeat(index % 3)}",g${index % 7}`).join('\n')}\n,fault,\n5,again,\n`

    it('of the size that is wanted, and goes on where a page ended', async () => {
      const pages = await pullPages(text, { groups: true, pageSize: 90 })
      expect(pages.slice(0, -1).every(({ records }) => records.length > 85 && records.length <= 90)).to.equal(true)
      expect(pages.at(-1)?.cursor).to.equal(undefined)
      for (const index of [0, 5, pages.length - 2]) {
        const cursor = pages[index]?.cursor
        if (cursor === undefined) expect.fail('the page has no cursor')
        expect(await pullPages(text, { groups: true, pageSize: 90, cursor })).to.deep.equal(pages.slice(index + 1))
      }
    })

    it('of which there is one where there is nobody', async () => {
      expect(await pullPages('id,a\n')).to.deep.equal([{ records: [], faults: [] }])
    })

    it('that hold no more faults than records', async () => {
      const pages = await pullPages(`id,a\n${'1\n'.repeat(25)}`, { pageSize: 10 })
      expect(pages.map(({ faults }) => faults?.length)).to.deep.equal([10, 10, 5])
      expect(pages.map(({ cursor }) => cursor)).to.deep.equal([12, 22, undefined])
    })

    it('until the run is cancelled', async () => {
      const cancel = new AbortController()
      const reason = new Error('cancelled')
      const source = open({ text }, cancel.signal)
      const work = (async () => {
        for await (const page of source.pull(undefined, { fields: [], groups: false, pageSize: 100 })) {
          if (page.records.length > 0) cancel.abort(reason)
        }
      })()
      expect(
        await work.then(
          () => 'read to its end',
          (error: unknown) => error,
        ),
      ).to.equal(reason)
    })
  })

  describe('is checked', () => {
    it('for what its columns are', async () => {
      const checks = await open({ text: 'Employee ID;First Name;SURNAME;e-mail;Shoe size;Groups;\n' }).check()
      expect(checks.map(({ name, ok, detail }) => [name, ok, detail])).to.deep.equal([
        [
          'sign_in',
          true,
          'The header has 6 columns, with semicolon between them: Employee ID, First Name, SURNAME, e-mail, Shoe size, Groups. The id is Employee ID.',
        ],
        [
          'columns',
          true,
          'Known by their names: Employee ID, First Name, SURNAME, e-mail. Not known, and left out unless a mapping names them: Shoe size.',
        ],
      ])
      expect(checks[1]?.missing).to.include.members(['job title', 'manager id', 'start date']).and.not.include('email')
    })

    it('for columns that nobody can be imported without', async () => {
      const [, check] = await open({ text: 'id,first name,email\n' }).check()
      expect(check?.ok).to.equal(false)
      expect(check?.missing).to.include('last name')
    })

    it('for a header that cannot be read', async () => {
      expect(await open({ text: 'name,age\n' }).check()).to.deep.equal([
        {
          name: 'sign_in',
          ok: false,
          detail:
            'No column of the header tells people apart. Add one with the name id, employee number or email, or say which it is. It has name, age.',
        },
      ])
    })
  })

  describe('has a mapping suggested', () => {
    it('for columns that are known by their names, in any spelling', () => {
      expect(
        suggestMapping([
          'ID',
          ' First Name ',
          'last_name',
          'E-Mail',
          'jobTitle',
          'DEPARTMENT',
          'Manager-ID',
          'Shoe size',
        ]),
      ).to.deep.equal({
        'name.givenName': { from: 'First Name' },
        'name.familyName': { from: 'last_name' },
        'emails[type eq "work"].value': { from: 'E-Mail', transform: 'lowercase' },
        'emails[type eq "work"].primary': { value: true },
        title: { from: 'jobTitle' },
        [`${enterprise}:department`]: { from: 'DEPARTMENT' },
        [`${enterprise}:manager.value`]: { from: 'Manager-ID' },
      })
    })

    it('for the columns of a text', () => {
      const header = listColumns({ text: '\uFEFFid; First Name ;;"Last;Name"\n1;2;3;4\n' })
      expect(header).to.deep.equal(['id', 'First Name', 'Last;Name'])
      expect(suggestMapping(header)).to.deep.equal({ 'name.givenName': { from: 'First Name' } })
      expect(() => listColumns({ text: '' })).to.throw(ProviderError, 'The text is empty.')
    })

    it('from several columns for one attribute, in the order of the docs', () => {
      const mapping = suggestMapping(['work email', 'Email', 'Surname', 'last name'])
      expect(mapping['emails[type eq "work"].value']).to.deep.include({ from: ['Email', 'work email'] })
      expect(mapping['name.familyName']).to.deep.equal({ from: ['last name', 'Surname'] })
    })

    it('with a table for words of status, in which nothing unknown is active', () => {
      const rule = suggestMapping(['Status'])[`${rollcall}:employmentStatus`]
      if (typeof rule !== 'object' || !('table' in rule)) expect.fail('there is no table')
      expect(rule.table).to.include({
        active: 'active',
        inactive: 'terminated',
        terminated: 'terminated',
        'on leave': 'on_leave',
        on_leave: 'on_leave',
        hired: 'pending',
      })
      expect(Object.keys(rule.table ?? {})).not.to.include('*')
      expect(new Set(Object.values(rule.table ?? {}))).to.deep.equal(new Set(employmentStatuses))
    })

    it('that is the mapping of the provider for the columns of the docs', () => {
      for (const { path, names } of columns) {
        const [name = ''] = names
        expect(csv.mapping[path], path).to.deep.include({ from: name.replaceAll(' ', '_') })
        const attribute = path.replace(`${enterprise}:`, '').replace(`${rollcall}:`, '')
        expect(docs).to.contain(`| \`${attribute}\` | ${names.map((one) => `\`${one}\``).join(', ')} |`)
      }
    })

    it('that knows every column of the example in the docs', async () => {
      const [, text = ''] = /```csv\n(.*?)```/s.exec(docs) ?? []
      const { records, faults } = await pull(text, { groups: true })
      expect(records.map(({ id }) => id)).to.deep.equal(['Research', 'Leads', '1001', '1002', '1003'])
      expect(faults).to.deep.equal([])
      const [, check] = await open({ text }).check()
      expect(check).to.deep.include({ ok: true }).and.have.property('detail').that.does.not.contain('Not known')
    })

    it('with the words of the docs', () => {
      for (const [path, column] of [
        [`${rollcall}:employmentStatus`, 'status'],
        [`${rollcall}:employmentType`, 'employment type'],
      ] as const) {
        const rule = suggestMapping([column])[path]
        if (typeof rule !== 'object' || !('table' in rule)) expect.fail('there is no table')
        for (const [word, value] of Object.entries(rule.table ?? {})) {
          const row = docs
            .split('\n')
            .find((line) => line.startsWith(`| \`${value}\` |`) && spell(line).includes(spell(word)))
          expect(row, `${word} for ${value}`).not.to.equal(undefined)
        }
      }
    })

    function spell(text: string): string {
      return text.replaceAll(/[_-]/g, ' ')
    }

    it('in which no name stands for two attributes', () => {
      const keys = columns.flatMap(({ names }) => names.map((name) => toKey(name)))
      expect(keys).to.have.length(new Set(keys).size)
    })
  })

  describe('is decoded', () => {
    const text = 'id,name\n1,Zoë 😀\n'
    const utf16 = Buffer.from(text, 'utf16le')

    for (const [name, bytes] of [
      ['from UTF-8', Buffer.from(text)],
      ['from UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
      ['from UTF-16 as Windows writes it', Buffer.from(`\uFEFF${text}`, 'utf16le')],
      ['from UTF-16 in the other order', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
      ['from UTF-16 without a byte order mark', utf16],
      ['from UTF-16 in the other order without one', Buffer.from(utf16).swap16()],
    ] as const) {
      it(name, () => {
        expect(decodeCsv(bytes)).to.equal(text)
      })
    }

    it('but not by guessing', () => {
      expect(() => decodeCsv(Buffer.from('id,name\n1,Zo\xeb\n', 'latin1'))).to.throw(ProviderError, 'CSV UTF-8')
      expect(() => decodeCsv(utf16.subarray(0, -1))).to.throw(ProviderError, 'CSV UTF-8')
      expect(decodeCsv(Buffer.of())).to.equal('')
    })
  })

  describe('of any table', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !text.includes('\0')),
      fc.string({ unit: fc.constantFrom('"', ',', ';', '\t', '\r', '\n', ' ', 'a', '\uFEFF'), maxLength: 8 }),
    )
    const name = cell.map((text) => text.trim()).filter((text) => text !== '' && text !== 'id')
    const tables = fc.uniqueArray(name, { maxLength: 6 }).chain((names) =>
      fc.record({
        names: fc.constant(['id', ...names]),
        rows: fc.uniqueArray(fc.tuple(cell, ...names.map(() => cell)), {
          maxLength: 30,
          selector: ([id]) => id.trim(),
        }),
        delimiter: fc.constantFrom('comma', 'semicolon', 'tab'),
        lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
        quotes: fc.boolean(),
        pageSize: fc.integer({ min: 1, max: 40 }),
      }),
    )

    it('comes back as it was, in pages of any size, wherever it is interrupted', async () => {
      await fc.assert(
        fc.asyncProperty(tables, fc.nat(), async ({ names, rows, delimiter, lineEnd, quotes, pageSize }, at) => {
          const people = rows.filter(([id]) => id.trim() !== '')
          const text = write(
            [names, ...people],
            { comma: ',', semicolon: ';', tab: '\t' }[delimiter] ?? '',
            lineEnd,
            quotes,
          )
          // Quotes around everything leave no doubt.
          const settings = { idColumn: 'id', delimiter: quotes && names.length > 1 ? 'auto' : delimiter }
          const pages = await pullPages(text, { ...settings, pageSize })
          expect(pages.flatMap(({ faults = [] }) => faults)).to.deep.equal([])
          expect(pages.flatMap(({ records }) => records)).to.deep.equal(
            people.map((cells) =>
              user(cells[0].trim(), Object.fromEntries(names.map((key, index) => [key, cells[index] || null]))),
            ),
          )
          const cut = at % pages.length
          const cursor = pages[cut]?.cursor
          if (cursor === undefined) expect(cut).to.equal(pages.length - 1)
          else expect(await pullPages(text, { ...settings, pageSize, cursor })).to.deep.equal(pages.slice(cut + 1))
        }),
        { numRuns: 300 },
      )
    })

    function write(rows: readonly (readonly string[])[], delimiter: string, lineEnd: string, quotes: boolean): string {
      const quote = (text: string): string =>
        quotes || /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text
      return rows.map((cells) => cells.map(quote).join(delimiter)).join(lineEnd)
    }
  })
})
