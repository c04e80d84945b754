/** Entry: asking the sender for the keys by a code that was typed, for a receiver who did not open the whole address. */

import { bringPart } from '../lib/late-parts.js'
import { askForKeys } from '../live/connect/ask-for-keys.js'

bringPart('code', askForKeys)
