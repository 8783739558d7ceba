// Runs a Node handler over the Lambda Runtime API, as Lambda's own Node runtime does: the handler string names
// a file and its exported function; handlers are async, or take a callback. No dependencies.
// Source: Lambda developer guide, "Define Lambda function handler in Node.js", "Using the Lambda runtime API".

import { existsSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const root = process.env.LAMBDA_TASK_ROOT;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const API = "/2018-06-01/runtime";
let requestId = "";

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const options = { host, port, method, agent, path: API + where, headers: { ...headers, ...length } };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

// console.log writes time, request and level before the text.
for (const [name, level] of [["log", "INFO"], ["info", "INFO"], ["debug", "DEBUG"], ["warn", "WARN"], ["error", "ERROR"]]) {
  console[name] = (...values) => {
    const text = format(...values).replace(/\n/g, "\r");
    process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${text}\n`);
  };
}

function problem(error) {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function fault(type, message) {
  const error = new Error(message);
  error.name = type;
  return error;
}

async function load(handler) {
  const cut = handler.lastIndexOf("/") + 1;
  const [file, ...names] = handler.slice(cut).split(".");
  if (!file || names.length === 0) throw fault("Runtime.MalformedHandlerName", "Bad handler");
  const base = path.resolve(root, handler.slice(0, cut), file);
  const found = [base + ".js", base + ".mjs", base + ".cjs"].find((each) => existsSync(each));
  if (found === undefined) {
    throw fault("Runtime.ImportModuleError", `Error: Cannot find module '${path.relative(root, base)}'`);
  }
  let module;
  try {
    module = found.endsWith(".cjs") ? createRequire(import.meta.url)(found) : await import(pathToFileURL(found).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw fault("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    if (error?.code === "ERR_MODULE_NOT_FOUND" || error?.code === "MODULE_NOT_FOUND") {
      throw fault("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    throw error;
  }
  const pick = (from) => names.reduce((value, name) => value?.[name], from);
  const callable = pick(module) ?? pick(module.default);
  if (callable === undefined) throw fault("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof callable !== "function") throw fault("Runtime.HandlerNotFound", `${handler} is not a function`);
  return callable;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    clientContext: client === undefined ? undefined : JSON.parse(client),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    context.done = callback;
    context.succeed = resolve;
    context.fail = reject;
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") result.then(resolve, reject);
    else if (handler.length < 3) resolve(result);
  });
}

async function fail(where, error) {
  const body = problem(error);
  const headers = { "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": body.errorType };
  await call("POST", where, JSON.stringify(body), headers);
}

process.on("uncaughtException", (error) => end(error));
process.on("unhandledRejection", (reason) => {
  const error = fault("Runtime.UnhandledPromiseRejection", String(reason));
  end(error);
});
async function end(error) {
  await fail(requestId ? `/invocation/${requestId}/error` : "/init/error", error);
  process.exit(128);
}

let handler;
try {
  handler = await load(process.env._HANDLER);
} catch (error) {
  await fail("/init/error", error);
  process.exit(1);
}
for (;;) {
  const next = await call("GET", "/invocation/next");
  requestId = next.headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"];
  try {
    const result = await run(handler, JSON.parse(next.body), contextOf(next.headers));
    await call("POST", `/invocation/${requestId}/response`, JSON.stringify(result === undefined ? null : result));
  } catch (error) {
    await fail(`/invocation/${requestId}/error`, error);
  }
  requestId = "";
}
