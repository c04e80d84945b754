/** Entry: the operator's self-check. */

import { check } from './browser-check.js'

check()
