import { z } from 'zod';

export const isHttpUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');

export const RULE = z.strictObject({
  metric: z.string().min(1).describe('Name of the metric, or of one line of it such as `..._count`.'),
  labels: z
    .record(z.string(), z.array(z.string()).min(1))
    .default({})
    .describe('Only the lines whose labels have one of these values; all are summed.'),
  share: z
    .boolean()
    .default(false)
    .describe('The part that these lines have in all lines of the metric, 0 to 1, instead of their sum.'),
  comparison: z.enum(['above', 'below']).default('above').describe('On which side of the threshold it is wrong.'),
  threshold: z.number().describe('Of a counter: what it grew since the last look; of a gauge: its value.'),
  forMs: z.number().int().min(0).default(0).describe('How long it has to be wrong before the actions are taken.'),
  actions: z
    .array(z.enum(['log', 'event', 'webhook']))
    .min(1)
    .default(['log', 'event'])
    .describe('Taken once when the alert begins, and once when it is over.'),
});
export type AlertRule = z.output<typeof RULE>;

const rule = (given: z.input<typeof RULE>): AlertRule => RULE.parse(given);
const DEFAULTS: Readonly<Record<string, AlertRule>> = {
  'error-rate': rule({
    metric: 'datapresso_tool_calls_total',
    labels: { outcome: ['error', 'timeout'] },
    share: true,
    threshold: 0.2,
    forMs: 60_000,
  }),
  'server-down': rule({ metric: 'datapresso_tool_servers_failed', threshold: 0, forMs: 60_000 }),
  'event-loop-lag': rule({ metric: 'nodejs_eventloop_lag_p99_seconds', threshold: 0.25, forMs: 30_000 }),
};

export const ALERTS = z
  .strictObject({
    defaults: z
      .boolean()
      .default(true)
      .describe(
        'Whether the rules `error-rate`, `server-down` and `event-loop-lag` hold; a rule of that name replaces one.',
      ),
    rules: z.record(z.string(), RULE).default({}).describe('Further rules, by name.'),
    everyMs: z.number().int().min(10).max(3_600_000).default(15_000).describe('How often the rules are looked at.'),
    webhook: z
      .string()
      .default('')
      .refine((url) => url === '' || isHttpUrl(url), 'must be an http or https URL')
      .meta({ secret: true, description: 'Address that gets a POST with JSON from rules with the action `webhook`.' }),
    webhookMs: z.number().int().min(10).max(600_000).default(5_000).describe('How long that address may take.'),
  })
  .refine(
    ({ rules, webhook }) => webhook !== '' || !Object.values(rules).some(({ actions }) => actions.includes('webhook')),
    { path: ['webhook'], error: 'a rule has the action webhook, and there is no address' },
  );
export type AlertConfig = z.output<typeof ALERTS>;

export const rulesOf = ({ defaults, rules }: AlertConfig): Readonly<Record<string, AlertRule>> =>
  defaults ? { ...DEFAULTS, ...rules } : rules;
