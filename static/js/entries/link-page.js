/** Entry: the files of a link. */

import { follow } from '../link/continue-session.js'
import { parcel } from '../link/link-files.js'
import { unlocking } from '../link/unlock-form.js'

follow()
parcel()
unlocking()
