/**
 * Runs in the server before its own code. Arguments come in the environment, because every user of the machine may read
 * the command line of every process.
 */
export const TAKE_ARGS = `process.argv.push(...JSON.parse(process.env.SERVER_ARGS ?? '[]'));
delete process.env.SERVER_ARGS;
`;
