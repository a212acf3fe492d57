import { all, definePlugin } from '#kernel';
import { COMPRESSOR, CONTEXT } from './api.ts';
import { ChainFitter } from './chain-fitter.ts';
import { contextConfig } from './config.ts';
import { TokenCounter } from './estimator/token-counter.ts';
import { type Tokenizer, tokenizerOf } from './estimator/tokenizers.ts';
import { FITTER } from './fitter.ts';
import { HistoryWindow } from './history-window.ts';
import { PrunedOutputs } from './pruned-outputs.ts';

export default definePlugin({
  name: 'context',
  summary: 'Keeps the histories of runs within the window: counts tokens, and compresses by a chain of strategies.',
  config: contextConfig,
  requires: { compressors: all(COMPRESSOR) },
  // Its own handle: windows outlive a generation, and ask the one that serves.
  optional: { serving: FITTER },
  provides: { context: CONTEXT, fitter: FITTER },
  create: ({ compressors, serving, config, log, signal }) => {
    const outputs = new PrunedOutputs(config.outputs);
    const fitter = new ChainFitter({ config, compressors, outputs, log });
    /** One for all windows of a tokenizer: what it remembers is bounded, and runs that begin alike share it. */
    const counters = new Map<Tokenizer, TokenCounter>();
    const counterFor = (model = ''): TokenCounter => {
      const tokenizer = tokenizerOf(model);
      const counter = counters.get(tokenizer) ?? new TokenCounter({ tokenizer });
      counters.set(tokenizer, counter);
      return counter;
    };
    const lacking = (): Record<string, string> => {
      const said = fitter.chain.flatMap((name) => {
        const lacks = compressors.has(name) ? compressors.get(name)!.lacks : 'no plugin provides it';
        return lacks === undefined ? [] : [[name, lacks] as const];
      });
      return Object.fromEntries(said);
    };
    return {
      context: {
        open: (options) => new HistoryWindow(serving ?? fitter, counterFor(options.model), options),
        readPruned: (id) => outputs.read(id),
        keep: (output) => outputs.keep(output),
      },
      fitter,
      start: () => {
        if (fitter.chain.length === 0)
          log.warn('No strategy compresses histories: long runs end when their window is full.', {
            hint: 'add plugin compressors to the pipeline',
          });
        for (const [name, lacks] of Object.entries(lacking()))
          log.info(`Strategy ${name} of context.compress does nothing: ${lacks}.`);
        void outputs.sweep(signal).catch((error: Error) => log.warn('Old outputs stay.', { reason: error.message }));
      },
      health: () => ({
        ok: true,
        detail: { compress: fitter.chain, lacks: lacking(), edits: fitter.edits, outputs: outputs.detail },
      }),
    };
  },
});
