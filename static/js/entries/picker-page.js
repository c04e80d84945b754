/** Entry: choosing files. */

import { picker } from '../choose/picker.js'
import { unfinishedNote } from '../choose/resume-note.js'

picker()
unfinishedNote()
