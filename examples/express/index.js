const express = require("express");

const app = express();
const port = process.env.PORT || 3000;
const greeting = process.env.GREETING || "Hello World!";

app.get("/", (request, response) => response.send(greeting));
app.get("/healthz", (request, response) => response.send("ok"));

const server = app.listen(port, () => console.log(`listening on port ${port}`));

// finish the requests in flight before the container stops
process.on("SIGTERM", () => server.close(() => process.exit(0)));
