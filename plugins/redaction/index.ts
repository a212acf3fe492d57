import { definePlugin } from '#kernel';
import { REDACTOR } from './api.ts';
import { redactionConfig } from './config.ts';
import { TextRedactor } from './redactor.ts';

export default definePlugin({
  name: 'redaction',
  summary: 'Takes secrets and personal data out of texts, each value by the same placeholder throughout.',
  config: redactionConfig,
  provides: { redactor: REDACTOR },
  create: ({ config }) => ({ redactor: new TextRedactor(config) }),
});
