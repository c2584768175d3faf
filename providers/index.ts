// The sources that there are. A new one is its folder, its line here, and its tests.
import { bamboohr } from './bamboohr/index.ts'
import { csv } from './csv/index.ts'
import { hibob } from './hibob/index.ts'
import type { Provider } from './provider.ts'

export const providers: readonly Provider[] = [bamboohr, csv, hibob]
