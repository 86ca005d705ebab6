// A request with Node's https, by mutual TLS, to a server that is known by its SPIFFE ID. No package is needed.
//
//   node node-https.mjs HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]
//
// Prints the status and the body. Ends with 0, with 3 for a status from 400 on, and with 1 where nobody answered who may.
import { readFileSync } from "node:fs";
import https from "node:https";

if (process.argv.length < 9) {
  console.error("usage: node-https.mjs HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]");
  process.exit(2);
}
const [host, port, certificate, key, bundle, spiffeId, path, method = "GET"] = process.argv.slice(2);

// Called after the chain was verified against the bundle, in the place of the comparison of host names. An X509-SVID has exactly one URI.
function checkServerIdentity(_host, peer) {
  const uris = (peer.subjectaltname ?? "").split(", ").filter((name) => name.startsWith("URI:"));
  if (uris.length === 1 && uris[0] === `URI:${spiffeId}`) return undefined;
  return new Error(`the server is \`${uris.join(", ")}\`, not \`${spiffeId}\``);
}

// The files are read for each agent: make a new agent when the SVID was rotated, and let the old one finish its requests.
const agent = new https.Agent({
  cert: readFileSync(certificate),
  key: readFileSync(key),
  ca: readFileSync(bundle),
  minVersion: "TLSv1.2",
  checkServerIdentity,
});

const request = https.request({ host, port, path, method, agent, timeout: 10_000 }, (response) => {
  console.log(response.statusCode);
  if (response.statusCode >= 400) process.exitCode = 3;
  response.pipe(process.stdout);
});
request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
request.on("error", (error) => {
  console.error(`node-https.mjs: ${error.message.trim()}`);
  process.exitCode = 1;
});
request.end();
