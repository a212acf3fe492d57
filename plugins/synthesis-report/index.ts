import { definePlugin } from '#kernel';
import { SYNTHESIS_REPORT } from '#plugins/synthesizer/api';
import { TRAJECTORY_FORMATS } from '#plugins/trajectory-formats/api';
import { synthesisReportConfig } from './config.ts';
import { writeDataset } from './dataset/dataset-folder.ts';
import { toHtml } from './page/html.ts';
import { toMarkdown } from './page/markdown.ts';
import { reportPage } from './page/report-page.ts';

export default definePlugin({
  name: 'synthesis-report',
  summary: 'Makes the report of a synthesis as Markdown and HTML, and a dataset folder with its card.',
  config: synthesisReportConfig,
  requires: { formats: TRAJECTORY_FORMATS },
  provides: { report: SYNTHESIS_REPORT },
  create: ({ formats, config }) => ({
    report: {
      report: (input) => {
        const page = reportPage(input, config);
        return { markdown: toMarkdown(page), html: toHtml('Seed tasks', page) };
      },
      dataset: (input, folder) => writeDataset(input, folder, config, formats),
    },
  }),
});
