/** Entry: the owner's card of a link. */

import { lateCode } from '../session/sender/late-code.js'
import { uploads } from '../upload/upload-card.js'

uploads()
lateCode()
