/** Entry: the files of a link. */

import { follow } from '../link/continue-session.js'
import { parcel } from '../link/link-files.js'
import { promisedSeal } from '../link/promised-seal.js'
import { unlocking } from '../link/unlock-form.js'

promisedSeal() // first: nothing plain comes to life where it must not
follow()
parcel()
unlocking()
