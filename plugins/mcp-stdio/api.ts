/** This plugin provides `kernel.main` alone: it is a way to run the house, not a service of it. */
export {};
