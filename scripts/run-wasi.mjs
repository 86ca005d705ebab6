// Runs a test binary built for wasm32-wasip1 under Node's WASI: `node run-wasi.mjs TESTS.wasm [ARGUMENT...]`.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [, , module, ...args] = process.argv;
const wasi = new WASI({ version: "preview1", args: [module, ...args], env: {}, returnOnExit: true });
const { instance } = await WebAssembly.instantiate(await readFile(module), wasi.getImportObject());
process.exitCode = wasi.start(instance);
