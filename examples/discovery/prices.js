const http = require("http");
const os = require("os");

const server = http.createServer((request, response) => response.end(`tea 3.20, said ${os.hostname()}`));
server.listen(8080);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
