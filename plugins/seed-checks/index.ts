import { definePlugin, many } from '#kernel';
import { SEED_CHECK } from '#plugins/synthesizer/api';
import { TOOL_PLANE } from '#plugins/tool-client/api';
import { TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { AnswerLeakCheck } from './answer-leak.ts';
import { ArgumentsCheck } from './arguments.ts';
import { seedChecksConfig } from './config.ts';
import { ExpectedToolsCheck } from './expected-tools.ts';
import { LiveCheck } from './live/live.ts';
import { toolServers } from './live/tool-servers.ts';
import { RecordedResultsCheck } from './recorded-results.ts';
import { StepBoundCheck } from './step-bound.ts';
import { WellFormedCheck } from './well-formed.ts';

export default definePlugin({
  name: 'seed-checks',
  summary: 'Machine checks of seed tasks against the evidence that they come from; none asks a model.',
  config: seedChecksConfig,
  optional: { registry: TOOL_REGISTRY, dispatcher: TOOL_DISPATCHER, plane: TOOL_PLANE },
  provides: {
    wellFormed: many(SEED_CHECK, 'well-formed'),
    expectedTools: many(SEED_CHECK, 'expected-tools'),
    arguments: many(SEED_CHECK, 'arguments'),
    stepBound: many(SEED_CHECK, 'step-bound'),
    answerLeak: many(SEED_CHECK, 'answer-leak'),
    recordedResults: many(SEED_CHECK, 'recorded-results'),
    live: many(SEED_CHECK, 'live'),
  },
  create: ({ registry, dispatcher, plane, config }) => ({
    wellFormed: new WellFormedCheck(config.wellFormed),
    expectedTools: new ExpectedToolsCheck(registry),
    arguments: new ArgumentsCheck(registry),
    stepBound: new StepBoundCheck(config.mostSteps),
    answerLeak: new AnswerLeakCheck(config.answerLeak),
    recordedResults: new RecordedResultsCheck(),
    live: new LiveCheck(config.live, toolServers({ registry, dispatcher, plane })),
  }),
});
