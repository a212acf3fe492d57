// The synthesizer says what a report is, because it asks for one and goes on without it.
export { type ReportInput, SYNTHESIS_REPORT, type SynthesisReport } from '#plugins/synthesizer/api';
