// Runs in the server before its own code: arguments that hold a secret come in the environment, because every user of
// the machine may read the arguments of every process.
process.argv.push(...JSON.parse(process.env.SERVER_ARGS));
delete process.env.SERVER_ARGS;
