// Reads {file: [lines that are kept, from 0]} and tells the tokens of all other lines, as acorn finds them.
// An import counts as kept from its first line to its last, and so does one that takes no names: it only orders.
import { readFileSync } from 'node:fs'
import { parse } from 'acorn'

const left = []
for (const [file, lines] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const tokens = []
  const options = { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken: tokens }
  const { body } = parse(readFileSync(file, 'utf8'), options)
  const kept = new Set(lines.map((line) => line + 1))
  for (const { type, specifiers, loc } of body) {
    if (type !== 'ImportDeclaration' || (specifiers.length && !kept.has(loc.start.line))) continue
    for (let line = loc.start.line; line <= loc.end.line; line += 1) kept.add(line)
  }
  for (const { type, loc } of tokens) {
    if (type.label === 'eof') continue
    for (let line = loc.start.line; line <= loc.end.line; line += 1) {
      if (!kept.has(line)) left.push(`${file}:${line}: ${type.label}`)
    }
  }
}
console.log(JSON.stringify(left))
