// A server that behaves as its environment says; see behaviour.py, which says the same to the twin.
const http = require("http");
const os = require("os");

const env = process.env;
const seconds = (name) => Number(env[name] || 0) * 1000;
const body = env.BODY || "hello";

let sick = false;
const server = http.createServer((request, response) => {
  if (request.url === "/crash") process.exit(Number(env.EXIT_CODE || 3));
  if (request.url === "/sicken") sick = true;
  if (request.url === "/live") return response.writeHead(sick ? 500 : 200).end("asked\n");
  setTimeout(() => response.end(`${body} from ${os.hostname()}\n`), seconds("LATENCY"));
});

if (env.CPU) {
  setInterval(() => {
    const ends = Date.now() + Number(env.CPU) * 100;
    while (Date.now() < ends);
  }, 100);
}

console.log(`started ${body}`);
setTimeout(() => server.listen(Number(env.LISTEN_PORT || 8080), "0.0.0.0"), seconds("START_DELAY"));
if (env.EXIT_AFTER !== undefined) {
  setTimeout(() => {
    console.error("last words");
    process.exit(Number(env.EXIT_CODE || 0));
  }, seconds("EXIT_AFTER"));
}
