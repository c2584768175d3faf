// All sources that are asked over a network, as fakes of one company.
import { bamboohr } from '../../providers/bamboohr/index.ts'
import { entra } from '../../providers/entra/index.ts'
import { hibob } from '../../providers/hibob/index.ts'
import { ldap } from '../../providers/ldap/index.ts'
import { okta } from '../../providers/okta/index.ts'
import { personio } from '../../providers/personio/index.ts'
import type { JsonObject, Provider } from '../../providers/provider.ts'
import { successfactors } from '../../providers/successfactors/index.ts'
import { workday } from '../../providers/workday/index.ts'
import { startBambooFake } from './bamboohr-fake.ts'
import type { NamedCompany } from './company.ts'
import { startEntraFake } from './entra-fake.ts'
import type { FakeServer } from './fake-server.ts'
import { startHiBobFake } from './hibob-fake.ts'
import { startLdapFake } from './ldap-fake.ts'
import { startOktaFake } from './okta-fake.ts'
import { startPersonioFake } from './personio-fake.ts'
import { startSuccessFactorsFake } from './successfactors-fake.ts'
import { createRsaKey } from './successfactors-keys.ts'
import { startWorkdayFake } from './workday-fake.ts'

export type StartedFake = FakeServer & { readonly company: NamedCompany; readonly settings: JsonObject }

export interface FakedSource {
  readonly provider: Provider
  start(): Promise<StartedFake>
}

/** In the order of docs/providers/README.md. */
export const fakedSources: readonly FakedSource[] = [
  { provider: hibob, start: () => startHiBobFake() },
  { provider: bamboohr, start: () => startBambooFake() },
  { provider: workday, start: () => startWorkdayFake() },
  { provider: successfactors, start: () => startSuccessFactorsFake(createRsaKey()) },
  { provider: personio, start: () => startPersonioFake() },
  { provider: okta, start: () => startOktaFake() },
  { provider: entra, start: () => startEntraFake() },
  { provider: ldap, start: () => startLdapFake() },
]
