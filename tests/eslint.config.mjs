/** What the browser's half and the Node clients of tests must hold. Limits are today's honest ones: lower them, never raise them. */

import js from '@eslint/js'
import globals from 'globals'

const habits = {
  ...js.configs.recommended.rules,
  'complexity': ['error', 15],
  'eqeqeq': 'error',
  'max-depth': ['error', 3],
  'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', 6],
  'no-console': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'prefer-template': 'error',
  'semi': ['error', 'never'],
}
const here = { reportUnusedDisableDirectives: 'error' }

export default [
  { linterOptions: here },
  { files: ['static/js/**/*.js'], languageOptions: { globals: { ...globals.browser, htmx: 'readonly', tus: 'readonly' } }, rules: habits },
  { files: ['static/js/before-htmx.js'], languageOptions: { sourceType: 'script' } },
  { files: ['static/js/sinks/disk-sink-worker.js'], languageOptions: { globals: globals.worker } },
  { files: ['static/save-worker.js'], languageOptions: { globals: globals.serviceworker }, rules: habits },
  { files: ['tests/js/**/*.mjs'], languageOptions: { globals: globals.node }, rules: { ...habits, 'max-depth': ['error', 4], 'no-console': 'off' } },
]
