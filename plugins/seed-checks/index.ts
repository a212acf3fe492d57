import { definePlugin, many } from '#kernel';
import { SEED_CHECK, type SeedCheck } from '#plugins/synthesizer/api';
import { seedChecksConfig } from './config.ts';
import { StepBoundCheck } from './step-bound.ts';
import { unverified } from './verdict.ts';

const soon: SeedCheck = { check: async () => unverified('not checked') };

export default definePlugin({
  name: 'seed-checks',
  summary: 'Machine checks of seed tasks against the evidence that they come from; none asks a model.',
  config: seedChecksConfig,
  provides: {
    wellFormed: many(SEED_CHECK, 'well-formed'),
    expectedTools: many(SEED_CHECK, 'expected-tools'),
    arguments: many(SEED_CHECK, 'arguments'),
    stepBound: many(SEED_CHECK, 'step-bound'),
    answerLeak: many(SEED_CHECK, 'answer-leak'),
    recordedResults: many(SEED_CHECK, 'recorded-results'),
    live: many(SEED_CHECK, 'live'),
  },
  create: ({ config }) => ({
    wellFormed: soon,
    expectedTools: soon,
    arguments: soon,
    stepBound: new StepBoundCheck(config.mostSteps),
    answerLeak: soon,
    recordedResults: soon,
    live: soon,
  }),
});
