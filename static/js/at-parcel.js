/** Part of a page: the files of a link. */

import { follow } from './follow.js'
import { parcel } from './parcel.js'
import { unlocking } from './unlocking.js'

follow()
parcel()
unlocking()
