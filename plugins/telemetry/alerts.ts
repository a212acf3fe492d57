import { type Events, type Log, reason, type Undo } from '#kernel';
import { type AlertConfig, type AlertRule, rulesOf } from './alert-rules.ts';
import { AlertWatch } from './alert-watch.ts';
import { ALERT_CHANGED, type Alert } from './api.ts';
import type { Metric } from './instruments.ts';

export interface AlertSurroundings {
  readonly log: Log;
  readonly events: Events;
  readonly signal: AbortSignal;
  /** Read at each look. */
  metrics(): readonly Metric[];
}

/** Looks at the metrics from time to time, and tells where a rule begins or ceases to be broken. */
export class Alerts {
  readonly #config: AlertConfig;
  readonly #around: AlertSurroundings;
  readonly #watches: readonly { readonly name: string; readonly rule: AlertRule; readonly watch: AlertWatch }[];

  constructor(config: AlertConfig, around: AlertSurroundings) {
    this.#config = config;
    this.#around = around;
    this.#watches = Object.entries(rulesOf(config)).map(([name, rule]) => ({
      name,
      rule,
      watch: new AlertWatch(rule),
    }));
  }

  start(): Undo {
    if (this.#watches.length === 0) return () => {};
    this.#look();
    const timer = setInterval(() => this.#look(), this.#config.everyMs).unref();
    return () => clearInterval(timer);
  }

  #look(): void {
    const metrics = this.#around.metrics();
    const now = performance.now();
    for (const { name, rule, watch } of this.#watches) {
      const state = watch.look(metrics, now);
      if (state === undefined) continue;
      const { metric, comparison, threshold } = rule;
      this.#act(rule, { name, state, metric, value: watch.value, comparison, threshold, at: Date.now() });
    }
  }

  #act({ actions }: AlertRule, alert: Alert): void {
    const { log, events } = this.#around;
    if (actions.includes('log')) {
      const { name, metric, value, comparison, threshold } = alert;
      const fields = { alert: name, metric, value, [comparison]: threshold };
      if (alert.state === 'firing') log.warn('an alert began', fields);
      else log.info('an alert is over', fields);
    }
    if (actions.includes('event')) events.publish(ALERT_CHANGED, alert);
    if (actions.includes('webhook')) void this.#post(alert);
  }

  async #post(alert: Alert): Promise<void> {
    const { webhook, webhookMs } = this.#config;
    try {
      const signal = AbortSignal.any([this.#around.signal, AbortSignal.timeout(webhookMs)]);
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(alert);
      const answer = await fetch(webhook, { method: 'POST', headers, body, signal, redirect: 'error' });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    } catch (error) {
      if (this.#around.signal.aborted) return;
      this.#around.log.warn('the webhook did not take an alert', { alert: alert.name, reason: reason(error) });
    }
  }
}
