#!/usr/bin/env node
// Get a url and print its body: what a small image has no program for.
const url = process.argv[process.argv.length - 1];
fetch(url).then(
  async (response) => {
    process.stdout.write(await response.text());
    process.exitCode = response.ok ? 0 : 22;
  },
  (error) => {
    console.error(`curl: (6) ${error.cause ? error.cause.message : error}`);
    process.exitCode = 6;
  },
);
