'use strict';

// Makes requests on a thread of its own, while the one that asked for them stands still.

const { parentPort, workerData } = require('node:worker_threads');
const { send } = require('./http.cjs');

parentPort.on('message', async ({ request, port, flag }) => {
  const { status, headers, body, failure, message } = await send(request, workerData);
  port.postMessage({ status, headers, body, failure, message });
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});
