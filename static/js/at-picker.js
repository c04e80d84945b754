/** Part of a page: choosing files. */

import { picker } from './picker.js'
import { unfinishedNote } from './unfinished.js'

picker()
unfinishedNote()
