const http = require("http");

async function answer(request, response) {
  const asked = await fetch(process.env.PRICES, { headers: { connection: "close" } });
  response.end(`today: ${await asked.text()}`);
}

const server = http.createServer((request, response) =>
  answer(request, response).catch((error) => response.writeHead(502).end(String(error.cause ?? error))),
);
server.listen(3000);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
