// The sources that there are. A new one is its folder, its line here, and its tests.
import { bamboohr } from './bamboohr/index.ts'
import { csv } from './csv/index.ts'
import { entra } from './entra/index.ts'
import { hibob } from './hibob/index.ts'
import { ldap } from './ldap/index.ts'
import { okta } from './okta/index.ts'
import { personio } from './personio/index.ts'
import type { Provider } from './provider.ts'
import { successfactors } from './successfactors/index.ts'
import { workday } from './workday/index.ts'

export const providers: readonly Provider[] = [
  bamboohr,
  csv,
  entra,
  hibob,
  ldap,
  okta,
  personio,
  successfactors,
  workday,
]
