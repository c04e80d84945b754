/** Part of a page: the operator's self-check. */

import { check } from './check.js'

check()
