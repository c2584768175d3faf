// mocha's own report, behind it what the run proves of the standards, and one plain line for whoever reads the outcome with a
// program. After a whole run it compares scim-compliance.md with what was proven, or writes it (npm run compliance).
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Mocha from 'mocha'
import { exceptions } from './compliance/exceptions.ts'
import { placeTables, renderSummary, renderTables } from './compliance/render.ts'
import { createReport, listUnanswered, readIds, type Report, type Test } from './compliance/report.ts'
import { requirements } from './compliance/requirements.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const document = path.join(repository, 'scim-compliance.md')

export default class Reporter extends Mocha.reporters.Spec {
  readonly #options: Mocha.MochaOptions
  readonly #files = globSync('test/**/*.test.ts', { cwd: repository }).map(writePath).toSorted()
  readonly #passed: Test[] = []
  readonly #failed: Test[] = []
  readonly #skipped: Test[] = []
  #faults: readonly string[] = []

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    this.#options = options
    const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants
    runner.on(EVENT_TEST_PASS, (test) => this.#passed.push(describeTest(test)))
    runner.on(EVENT_TEST_FAIL, (test) => this.#failed.push(describeTest(test)))
    runner.on(EVENT_TEST_PENDING, (test) => this.#skipped.push(describeTest(test)))
    runner.once(EVENT_RUN_END, () => {
      this.#faults = this.#reportCompliance()
      if (this.#faults.length > 0) print(`scim-compliance.md:\n${this.#faults.map((fault) => `- ${fault}`).join('\n')}`)
      const { passes, failures, pending } = this.stats
      print(`${passes} passed, ${failures + this.#countFault()} failed, ${pending} skipped`)
    })
  }

  override done(failures: number, fn?: (failures: number) => void): void {
    fn?.(failures + this.#countFault())
  }

  #countFault(): number {
    return this.#faults.length > 0 ? 1 : 0
  }

  /** Prints the table of a whole run, and returns what is wrong. */
  #reportCompliance(): readonly string[] {
    const report = createReport(requirements, exceptions, { passed: this.#passed, failed: this.#failed })
    const partial = this.#findPart()
    if (partial === undefined) print(`${renderSummary(report)}\n`)
    const obstacle = partial ?? this.#findObstacle()
    if (obstacle !== undefined) {
      print(`scim-compliance.md was not compared with this run: ${obstacle}.\n`)
      return report.faults
    }
    const unanswered = listUnanswered(report)
    return [
      ...report.faults,
      ...(unanswered.length > 0 ? [`Neither proven by a test nor in exceptions.ts: ${unanswered.join(', ')}.`] : []),
      ...compareDocument(report, isWriting(this.#options)),
    ]
  }

  /** Why this is not the whole suite, or undefined. */
  #findPart(): string | undefined {
    if (this.#options.grep !== undefined) return 'only some tests were asked for'
    if (this.#options.dryRun === true) return 'no test was run'
    const ran = new Set([...this.#passed, ...this.#failed, ...this.#skipped].map(({ file }) => file))
    const missing = this.#files.find((file) => !ran.has(file))
    return missing === undefined ? undefined : `${missing} was not run`
  }

  /** Why the whole suite does not prove all that it could, or undefined. */
  #findObstacle(): string | undefined {
    if (this.#failed.length > 0) return 'tests failed'
    const skipped = this.#skipped.find(({ title }) => readIds(title).length > 0)
    return skipped === undefined ? undefined : `a test was skipped that proves something (${skipped.title})`
  }
}

function compareDocument(report: Report, writes: boolean): string[] {
  const text = readFileSync(document, 'utf8')
  const expected = placeTables(text, renderTables(report))
  if (text === expected) return []
  if (!writes) return ['The tables are not those of this run. Run npm run compliance, and commit the file.']
  writeFileSync(document, expected)
  return []
}

// npm run compliance passes --reporter-option compliance=write.
function isWriting(options: Mocha.MochaOptions): boolean {
  const given: unknown = options.reporterOptions
  return typeof given === 'object' && given !== null && 'compliance' in given && given.compliance === 'write'
}

function describeTest({ title, file }: Mocha.Test): Test {
  return { title, file: file === undefined ? '' : writePath(path.relative(repository, file)) }
}

function writePath(file: string): string {
  return file.replaceAll(path.sep, '/')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
