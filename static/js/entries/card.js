/** Entry: the owner's card of a link. */

import { uploads } from '../upload/upload-card.js'

uploads()
