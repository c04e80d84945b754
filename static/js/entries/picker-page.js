/** Entry: choosing files. */

import { picker } from '../choose/picker.js'
import { unfinishedNote } from '../choose/resume-note.js'
import { codeBox } from '../session/code-box.js'

picker()
unfinishedNote()
codeBox()
