import { type Token, token } from '#kernel';
import type { SynthesisDataset } from '#plugins/synthesizer/api';
import type { ToolEffect, ToolSequence } from '#plugins/trajectory-archive/api';

/** Makes the report of a synthesis for people, and the card and files of a dataset. Pure: the same input, the same text. */
export interface SynthesisReport {
  /** One page each; the HTML needs nothing from the net, its pictures are inline SVG. */
  report(input: ReportInput): { readonly markdown: string; readonly html: string };
  /**
   * A dataset folder as hubs take it: `README.md` (the card, with YAML front matter), `data/{train,validation,test}.jsonl`
   * and `.parquet`, split by task cluster. Written as a whole or not at all. The paths that were written.
   */
  dataset(input: ReportInput, folder: string): Promise<readonly string[]>;
}
export interface ReportInput {
  readonly dataset: SynthesisDataset;
  readonly tools: readonly ToolEffect[];
  readonly sequences: readonly ToolSequence[];
}

export const SYNTHESIS_REPORT: Token<SynthesisReport> = token<SynthesisReport>('synthesis.report');
